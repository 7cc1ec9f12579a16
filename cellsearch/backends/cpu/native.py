"""A program as native code at given sizes: memory for it, and the call."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from cellsearch.backends.cpu.build import library
from cellsearch.backends.cpu.emit import Emitter
from cellsearch.backends.cpu.layout import Column, Layout
from cellsearch.derive.program import Program
from cellsearch.derive.schedule import Buffer, Plan, schedule

PRODUCTS = Path(__file__).with_name("products.c")
# As in products.h: what a thread needs of room for a product.
ROOM = 98304
# Numbers begin at multiples of this, whole lines of a cache.
ALIGNED = 16
# Room is kept from call to call up to this many bytes.
MOST_KEPT = 2**26


class _Job(ctypes.Structure):
    """`Job` of products.h."""

    _fields_ = (
        *((name, ctypes.c_long) for name in ("T", "B", "threads", "ragged")),
        *((name, ctypes.c_void_p) for name in ("counts", "p", "ld", "n")),
        *((name, ctypes.c_void_p) for name in ("packed", "packed_heads", "gradients", "sums")),
        ("scratch", ctypes.c_void_p),
        ("scratch_size", ctypes.c_long),
        *((name, ctypes.c_void_p) for name in ("pack", "product")),
    )


class _Room(threading.local):
    """Memory that a call needs while it runs, kept for the next call of the same thread."""

    def __init__(self) -> None:
        self.kept = torch.empty(0, dtype=torch.uint8)

    def take(self, numbers: int, dtype: torch.dtype) -> Tensor:
        size = numbers * dtype.itemsize
        if len(self.kept) < size:
            room = torch.empty(size, dtype=torch.uint8)
            if size > MOST_KEPT:
                return room.view(dtype)
            self.kept = room
        return self.kept[:size].view(dtype)


_ROOM = _Room()


@dataclass(frozen=True)
class Batch:
    """Which sequences a call goes through.

    Attributes:
        counts: sequences still running at each step.
        lengths: of each sequence where they differ, [B].
    """

    counts: tuple[int, ...]
    threads: int
    lengths: Tensor | None

    @property
    def steps(self) -> int:
        """T."""
        return len(self.counts)

    @property
    def size(self) -> int:
        """B."""
        return self.counts[0]

    def last_slots(self) -> Tensor | slice:
        """The rows of slots that hold what is carried at the end of each sequence."""
        if self.lengths is None:
            return slice(self.steps * self.size, None)
        return self.lengths * self.size + torch.arange(self.size)


@dataclass(frozen=True)
class Given:
    """Numbers that a program reads: the first of them, and the distance of their rows."""

    tensor: Tensor
    start: int
    distance: int

    @staticmethod
    def whole(tensor: Tensor) -> Given:
        """A tensor of rows by itself."""
        return Given(tensor, 0, tensor[0].numel() if tensor.dim() else 0)


class Code:
    """A program's plan and text."""

    def __init__(self, program: Program) -> None:
        self.plan: Plan = schedule(program)
        self.emitter = Emitter(self.plan)
        self.text = self.emitter.text()


class Native:
    """Code at the sizes of one layer, in one dtype."""

    def __init__(self, code: Code, sizes: Mapping[str, int], dtype: torch.dtype) -> None:
        self.code, self.dtype = code, dtype
        double = dtype == torch.float64
        products = library(PRODUCTS.read_text("utf-8"), double=double)
        products.packed_size.restype = ctypes.c_long
        lanes = products.packed_size(ctypes.c_long(1), ctypes.c_long(1))
        self._run = library(code.text, double=double).run
        self._functions = [ctypes.cast(f, ctypes.c_void_p) for f in (products.pack, products.product)]
        self.layout = Layout(code.emitter, sizes, lanes)
        self._n = _longs(self.layout.widths)
        own = [b for b in code.plan.buffers if b.leaf is None]
        # What nothing needs after the call shares the room of the thread.
        self.lasting = [b for b in own if b.name not in ("work", "step")]
        self._passing = [b for b in own if b.name in ("work", "step")]

    def column(self, name: str) -> Column:
        """Where a row that is wanted stands."""
        return self.layout.column(self.code.plan.places[id(self.code.plan.program.rows[name])])

    def buffers(self, batch: Batch) -> dict[int, Tensor]:
        """Room for all results that outlast the call, by the id of the buffer."""
        make = torch.empty if batch.lengths is None else torch.zeros
        distances = self.layout.distances
        return {
            id(b): make((_rows(b, batch), distances[id(b)]), dtype=self.dtype) for b in self.lasting
        }

    def call(
        self, batch: Batch, buffers: Mapping[int, Tensor], given: Mapping[int, Given]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Run it.

        Args:
            batch: the sequences.
            buffers: for results, by the id of the buffer.
            given: what is read, by the id of its node.

        Returns:
            Packed gradients of matrices, and all other totals, a row of each for each thread.
        """
        room = self._room(batch)
        places = {**room.buffers, **{i: b.data_ptr() for i, b in buffers.items()}}
        item = self.dtype.itemsize
        pointers, distances = [], []
        for c in self.layout.columns:
            if c.buffer.leaf is None:
                start = c.start + c.view * batch.size * c.distance
                pointers.append(places[id(c.buffer)] + start * item)
                distances.append(c.distance)
            else:
                g = given[id(c.buffer.leaf)]
                pointers.append(g.tensor.data_ptr() + g.start * item)
                distances.append(g.distance)
        gradients = [torch.empty(sum(run), dtype=self.dtype) for run in self.layout.gradients]
        sums = [torch.zeros(batch.threads, u, dtype=self.dtype) for u in self.layout.totals]
        arrays = (
            _longs(batch.counts),
            _pointers(pointers),
            _longs(distances),
            self._n,
            _pointers(room.packed),
            _longs(room.heads),
            _pointers([g.data_ptr() for g in gradients]),
            _pointers([s.data_ptr() for s in sums]),
        )
        job = _Job(
            batch.steps,
            batch.size,
            batch.threads,
            batch.lengths is not None,
            *map(ctypes.addressof, arrays),
            room.scratch,
            room.scratch_size,
            *self._functions,
        )
        self._run(ctypes.byref(job))
        return gradients, sums

    def _room(self, batch: Batch) -> _Taken:
        item, at, starts = self.dtype.itemsize, 0, []
        packed = self.layout.packed(batch.steps * batch.size)
        scratch = _aligned(ROOM + self.layout.own)
        passing = [_rows(b, batch) * self.layout.distances[id(b)] for b in self._passing]
        for size in (batch.threads * scratch, *(size for size, _ in packed), *passing):
            starts.append(at)
            at += _aligned(size)
        room = _ROOM.take(at, self.dtype)
        first = room.data_ptr()
        if batch.lengths is not None and passing:
            room[starts[-len(passing)] :].zero_()
        starts = [first + s * item for s in starts]
        at_buffers = starts[1 + len(packed) :]
        return _Taken(
            room,
            starts[0],
            scratch,
            starts[1 : 1 + len(packed)],
            [head for _, head in packed],
            {id(b): s for b, s in zip(self._passing, at_buffers, strict=True)},
        )


@dataclass(frozen=True)
class _Taken:
    """Addresses of what a call needs while it runs."""

    room: Tensor
    scratch: int
    scratch_size: int
    packed: list[int]
    heads: list[int]
    buffers: dict[int, int]


def _rows(b: Buffer, batch: Batch) -> int:
    if b.kind == "step":
        return batch.size
    return (batch.steps + (b.kind == "slots")) * batch.size


def _aligned(numbers: int) -> int:
    return (numbers + ALIGNED - 1) // ALIGNED * ALIGNED


def _longs(values: Sequence[int]) -> ctypes.Array[ctypes.c_long]:
    return (ctypes.c_long * max(1, len(values)))(*values)


def _pointers(values: Sequence[int]) -> ctypes.Array[ctypes.c_void_p]:
    return (ctypes.c_void_p * max(1, len(values)))(*values)
