"""Calling compiled programs: buffers, pointers, autograd."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from cellsearch.backends.cpu.build import FOLDER, library
from cellsearch.backends.cpu.emit import Emitter
from cellsearch.backends.cpu.layout import Layout
from cellsearch.derive.program import Program
from cellsearch.derive.schedule import Plan, schedule
from cellsearch.ir import Node

ROOM = 98304


class Job(ctypes.Structure):
    """`Job` of products.h."""

    _fields_ = (
        ("T", ctypes.c_long),
        ("B", ctypes.c_long),
        ("threads", ctypes.c_long),
        ("ragged", ctypes.c_long),
        ("counts", ctypes.c_void_p),
        ("p", ctypes.c_void_p),
        ("ld", ctypes.c_void_p),
        ("n", ctypes.c_void_p),
        ("packed", ctypes.c_void_p),
        ("packed_heads", ctypes.c_void_p),
        ("gradients", ctypes.c_void_p),
        ("sums", ctypes.c_void_p),
        ("scratch", ctypes.c_void_p),
        ("scratch_size", ctypes.c_long),
        ("pack", ctypes.c_void_p),
        ("product", ctypes.c_void_p),
    )


def _longs(values: Sequence[int]) -> ctypes.Array[ctypes.c_long]:
    return (ctypes.c_long * max(1, len(values)))(*values)


def _pointers(values: Sequence[int]) -> ctypes.Array[ctypes.c_void_p]:
    return (ctypes.c_void_p * max(1, len(values)))(*values)


class Code:
    """A program as text."""

    def __init__(self, program: Program) -> None:
        self.plan: Plan = schedule(program)
        self.emitter = Emitter(self.plan)
        self.text = self.emitter.text()

    def place_of(self, name: str) -> Any:
        """Where a row that is wanted stands."""
        return self.plan.places[id(self.plan.program.rows[name])]


class Sized:
    """Code at the sizes of one layer, in one dtype."""

    def __init__(self, code: Code, sizes: Mapping[str, int], dtype: torch.dtype) -> None:
        self.code, self.dtype = code, dtype
        double = dtype == torch.float64
        self.itemsize = 8 if double else 4
        products = library((FOLDER / "products.c").read_text("utf-8"), double=double)
        products.packed_size.restype = ctypes.c_long
        lanes = products.packed_size(ctypes.c_long(1), ctypes.c_long(1))
        self.run = library(code.text, double=double).run
        self.layout = Layout(code.plan, code.emitter, sizes, lanes)
        self.pack = ctypes.cast(products.pack, ctypes.c_void_p)
        self.product = ctypes.cast(products.product, ctypes.c_void_p)
        self.ld = _longs([c.ld for c in self.layout.columns])
        self.n = _longs(self.layout.widths)

    def buffers(self, steps: int, batch: int, ragged: bool) -> dict[int, Tensor]:
        """Room for all results, by the id of the buffer."""
        make = torch.zeros if ragged else torch.empty
        rows = {"rows": steps * batch, "slots": (steps + 1) * batch, "step": batch}
        return {
            id(b): make((rows[b.kind], self.layout.ld[id(b)]), dtype=self.dtype)
            for b in self.code.plan.buffers
            if b.leaf is None
        }

    def call(
        self,
        steps: int,
        batch: int,
        counts: Any,
        threads: int,
        tensors: Mapping[int, Tensor],
        leaves: Mapping[int, tuple[Tensor, int, int]],
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Run it.

        Args:
            tensors: results, by the id of their buffer.
            leaves: what is read, by the id of its node: with its first number and row distance.
        """
        layout = self.layout
        pointers, ld = [], []
        for c in layout.columns:
            if c.buffer.leaf is None:
                start = c.start + c.view * batch * c.ld
                pointers.append(tensors[id(c.buffer)].data_ptr() + start * self.itemsize)
                ld.append(c.ld)
            else:
                tensor, start, distance = leaves[id(c.buffer.leaf)]
                pointers.append(tensor.data_ptr() + start * self.itemsize)
                ld.append(distance)
        packed = layout.packed(steps * batch)
        store = torch.empty(sum(size for size, _ in packed) + 16 * len(packed), dtype=self.dtype)
        at, packed_at = store.data_ptr(), []
        for size, _ in packed:
            packed_at.append(at)
            at += (size + 15) // 16 * 16 * self.itemsize
        gradients = [torch.empty(sum(run), dtype=self.dtype) for run in layout.gradients]
        sums = [torch.zeros(threads, u, dtype=self.dtype) for u in layout.leaf_units]
        size = ROOM + (layout.own + 15) // 16 * 16
        scratch = torch.empty(threads * size, dtype=self.dtype)
        keep = (
            _pointers(pointers),
            _longs(ld),
            _pointers(packed_at),
            _longs([heads for _, heads in packed]),
            _pointers([g.data_ptr() for g in gradients]),
            _pointers([s.data_ptr() for s in sums]),
        )
        p, distances, packed_p, heads_p, gradients_p, sums_p = map(ctypes.addressof, keep)
        job = Job(
            steps, batch, threads, min(counts) < batch, ctypes.addressof(counts), p, distances,
            ctypes.addressof(self.n), packed_p, heads_p, gradients_p, sums_p,
            scratch.data_ptr(), size, self.pack, self.product,
        )  # fmt: skip
        self.run(ctypes.byref(job))
        return gradients, sums
