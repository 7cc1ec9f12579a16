"""A plan at given sizes: how wide buffers are, and where in them values stand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from cellsearch.backends.cpu.emit import Emitter
from cellsearch.derive.schedule import Buffer, Call, Place, Plan
from cellsearch.ir.widths import Size


def units(shape: tuple[Size, ...], sizes: Mapping[str, int]) -> int:
    """How many numbers a value has."""
    return math.prod(s.at(sizes) for s in shape)


@dataclass(frozen=True)
class Column:
    """Where a place begins in its buffer, and how wide the buffer is."""

    buffer: Buffer
    start: int
    ld: int
    view: int


class Layout:
    """One program at the sizes of one layer."""

    def __init__(self, plan: Plan, emitter: Emitter, sizes: Mapping[str, int], lanes: int) -> None:
        self.plan, self.sizes, self.lanes = plan, sizes, lanes
        self.widths = [s.at(sizes) for s in emitter.widths]
        self.ld = {id(b): sum(units(s, sizes) for s in b.shapes) for b in plan.buffers}
        self.columns = [self.column(p) for p in emitter.places]
        self.leaf_units = [units(t.leaf.type.sizes, sizes) for t in emitter.totals]
        self.gradients = [
            [units(n.type.sizes, sizes) // heads for n in run]
            for run, heads in emitter.gradients().items()
        ]
        self.own = max([0, *(sum(units(s, sizes) for s in own) for own in emitter.own)])
        self.matrices = list(emitter.matrices)

    def column(self, p: Place) -> Column:
        """Where a place is."""
        start = sum(units(s, self.sizes) for s in p.buffer.shapes[: p.column])
        return Column(p.buffer, start, self.ld[id(p.buffer)], p.view)

    def packed(self, rows: int) -> list[tuple[int, int]]:
        """How many numbers each packed matrix has, and how many each of its heads."""
        return [self._packed(m, rows) for m in self.matrices]

    def _packed(self, m: object, rows: int) -> tuple[int, int]:
        if isinstance(m, Call):
            K = sum(units(n.type.sizes, self.sizes) for n in m.operands)
            N = sum(units(n.type.sizes, self.sizes) for n in m.results)
            heads = _heads(m)
            own = self._size(K // heads, N // heads)
            return own * heads, own
        return self._size(rows, units(m.right.type.sizes, self.sizes)), 0  # type: ignore[attr-defined]

    def _size(self, K: int, N: int) -> int:
        return K * math.ceil(N / self.lanes) * self.lanes


def _heads(c: Call) -> int:
    m = c.blocks[0].matrix
    m = m.args[0] if m.op == "transpose" else m
    return int(m.attrs[0]) if m.op == "block" else 1
