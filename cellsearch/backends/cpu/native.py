"""A program as native code at given sizes: memory for it, and the call."""

from __future__ import annotations

import ctypes
import math
import threading
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

import torch
from torch import Tensor

from cellsearch.backends.cpu.build import libraries
from cellsearch.backends.cpu.emit import Emitter
from cellsearch.backends.cpu.job import Job
from cellsearch.backends.cpu.layout import Column, Layout
from cellsearch.derive.schedule import Buffer, Plan
from cellsearch.ir import Node

PRODUCTS = Path(__file__).with_name("products.c")
# Numbers begin at multiples of this, whole lines of a cache.
ALIGNED = 16
# Room is kept from call to call up to this many bytes.
MOST_KEPT = 2**26


class _Job(ctypes.Structure):
    """`Job` of products.h."""

    _fields_ = (
        *((name, ctypes.c_long) for name in ("T", "B", "threads", "ragged", "height", "width")),
        *((name, ctypes.c_void_p) for name in ("counts", "p", "ld", "n")),
        *((name, ctypes.c_void_p) for name in ("packed", "packed_parts", "gradients", "sums")),
        ("scratch", ctypes.c_void_p),
        ("scratch_size", ctypes.c_long),
        ("wide_size", ctypes.c_long),
        ("sums_size", ctypes.c_long),
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
        plane: height and width of the units; each pixel counts as a sequence.
    """

    counts: tuple[int, ...]
    threads: int
    lengths: Tensor | None
    plane: tuple[int, int] = (1, 1)

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


class Code:
    """A plan, its text, and what that reads from its job."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.job = Job(plan)
        self.text = Emitter(self.job).text()


@dataclass(frozen=True)
class Totals:
    """What a program sums over all rows.

    Attributes:
        gradients: of matrices, one after another.
        sums: all else, a row for each thread.
    """

    gradients: Tensor
    sums: Tensor


NO_TOTALS = Totals(torch.empty(0), torch.empty(0))


class Native:
    """Code at the sizes of one layer, in one dtype.

    Attributes:
        lasting: the buffers of results that outlast a call.
        leaves: the nodes whose values are given, in the order in which a call takes them.
    """

    def __init__(
        self,
        code: Code,
        sizes: Mapping[str, int],
        dtype: torch.dtype,
        given: Callable[[Node], Column | None] = lambda n: None,
    ) -> None:
        """`given` tells where in another program's buffer a leaf stands."""
        self.code, self.dtype = code, dtype
        products, run = libraries([_products(), code.text], double=dtype == torch.float64)
        columns, self._product_room = (
            ctypes.c_long.in_dll(products, name).value
            for name in ("packed_columns", "product_room")
        )
        self._run = run.run
        self._functions = [
            ctypes.cast(f, ctypes.c_void_p) for f in (products.pack, products.product)
        ]
        self.layout = Layout(code.job, sizes, columns)
        own = [b for b in code.plan.buffers if b.leaf is None]
        # What nothing needs after the call shares the room of the thread.
        self.lasting = [b for b in own if b.name not in ("work", "step")]
        self._passing = [b for b in own if b.name in ("work", "step")]
        self.leaves = [b.leaf for b in code.plan.buffers if b.leaf is not None]
        self._n = _longs(self.layout.widths)
        # Where each begins, and the end.
        self._gradients = list(accumulate(map(sum, self.layout.gradients), initial=0))
        self._widths = [n for run in self.layout.gradients for n in run]
        self._totals = list(accumulate(self.layout.totals, initial=0))
        self._plans: dict[tuple[int, int, int, tuple[int, int]], _Plan] = {}
        self._place(given)

    def _place(self, given: Callable[[Node], Column | None]) -> None:
        """Each column's number among all that a call knows, its first byte there, bytes a step."""
        sources = [id(b) for b in (*self._passing, *self.lasting)]
        sources += [id(n) for n in self.leaves]
        item = self.dtype.itemsize
        self._columns, distances = [], []
        for c in self.layout.columns:
            key, start, view, distance = id(c.buffer), c.start, c.view, c.distance
            if c.buffer.leaf is not None:
                key, there = id(c.buffer.leaf), given(c.buffer.leaf)
                if there is not None:
                    start, view, distance = there.start, there.view, there.distance
            self._columns.append((sources.index(key), start * item, view * distance * item))
            distances.append(distance)
        self._distances = _longs(distances)

    def column(self, name: str) -> Column:
        """Where a row that is wanted stands."""
        return self.layout.column(self.code.plan.places[id(self.code.plan.program.rows[name])])

    def buffers(self, batch: Batch) -> list[Tensor]:
        """Room for all results that outlast the call."""
        make = torch.empty if batch.lengths is None else torch.zeros
        distances = self.layout.distances
        return [
            make((_rows(b, batch.steps, batch.size), distances[id(b)]), dtype=self.dtype)
            for b in self.lasting
        ]

    def totals(self, batch: Batch) -> Totals:
        """Room for the gradients of matrices and for all other totals."""
        return Totals(
            torch.empty(self._gradients[-1], dtype=self.dtype),
            torch.zeros(batch.threads, self._totals[-1], dtype=self.dtype),
        )

    def parts(self, totals: Totals) -> Sequence[Tensor]:
        """The gradients of matrices, then all other totals, each flat."""
        sums = totals.sums
        total = sums.sum(0) if len(sums) > 1 else sums[0]
        return (
            *totals.gradients.split_with_sizes(self._widths),
            *total.split_with_sizes(self.layout.totals),
        )

    def call(
        self,
        batch: Batch,
        buffers: Sequence[Tensor],
        given: Sequence[Tensor],
        totals: Totals = NO_TOTALS,
    ) -> None:
        """Run it.

        Args:
            batch: the sequences.
            buffers: for the results that last.
            given: what is read, a tensor for each of `leaves`.
            totals: for what is summed over all rows, if anything is.
        """
        plan = self._plan(batch.steps, batch.size, batch.threads, batch.plane)
        room, packed, passing = self._room(batch, plan)
        bases = [*passing, *(t.data_ptr() for t in buffers), *(t.data_ptr() for t in given)]
        B = batch.size
        pointers = [bases[i] + start + step * B for i, start, step in self._columns]
        gradients, sums = totals.gradients.data_ptr(), totals.sums.data_ptr()
        item = self.dtype.itemsize
        arrays = (
            _longs(batch.counts),
            _longs(pointers),
            self._distances,
            self._n,
            _longs(packed),
            plan.parts,
            _longs([gradients + n * item for n in self._gradients]),
            _longs([sums + n * item for n in self._totals]),
        )
        job = _Job(
            batch.steps,
            B,
            batch.threads,
            batch.lengths is not None,
            *batch.plane,
            *[a.buffer_info()[0] for a in arrays],
            room.data_ptr(),
            plan.scratch,
            plan.wide,
            self._totals[-1],
            *self._functions,
        )
        self._run(ctypes.byref(job))

    def _plan(self, steps: int, size: int, threads: int, plane: tuple[int, int]) -> _Plan:
        """How a call's room is shared out, which is worked out once."""
        key = steps, size, threads, plane
        if key not in self._plans:
            wide = _aligned(self.layout.wide * math.prod(plane))
            scratch = _aligned(self._product_room + self.layout.own) + wide
            packed = self.layout.packed(steps * size)
            distances = self.layout.distances
            passing = [_rows(b, steps, size) * distances[id(b)] for b in self._passing]
            sizes = map(_aligned, [*(n for n, _ in packed), *passing])
            starts = list(accumulate(sizes, initial=threads * scratch))
            parts = _longs([part for _, part in packed])
            self._plans[key] = _Plan(scratch, wide, starts, len(packed), parts)
        return self._plans[key]

    def _room(self, batch: Batch, plan: _Plan) -> tuple[Tensor, list[int], list[int]]:
        """What the call needs while it runs, and where in it packed matrices and buffers are.

        It begins with the room of each thread.
        """
        room = _ROOM.take(plan.starts[-1], self.dtype)
        if batch.lengths is not None:
            room[plan.starts[plan.packed] :].zero_()
        first, item = room.data_ptr(), self.dtype.itemsize
        addresses = [first + s * item for s in plan.starts[:-1]]
        return room, addresses[: plan.packed], addresses[plan.packed :]


@dataclass(frozen=True)
class _Plan:
    """How the room of a call is shared out.

    Attributes:
        scratch: how many numbers a thread has for itself; `wide` of them, the last ones, are for
            the neighbours of pixels.
        starts: of packed matrices, then of buffers, then the end.
        packed: how many packed matrices there are.
        parts: how many numbers each part of them has.
    """

    scratch: int
    wide: int
    starts: list[int]
    packed: int
    parts: array[int]


@cache
def _products() -> str:
    return PRODUCTS.read_text("utf-8")


def build(codes: Sequence[Code], dtype: torch.dtype) -> None:
    """Build what is missing for several codes at once."""
    libraries([_products(), *(c.text for c in codes)], double=dtype == torch.float64)


def _rows(b: Buffer, steps: int, size: int) -> int:
    return size if b.kind == "step" else (steps + (b.kind == "slots")) * size


def _aligned(numbers: int) -> int:
    return (numbers + ALIGNED - 1) // ALIGNED * ALIGNED


def _longs(values: Sequence[int]) -> array[int]:
    """Numbers or addresses, as C reads them."""
    return array("q", values)
