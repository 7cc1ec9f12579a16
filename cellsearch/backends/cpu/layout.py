"""A plan at given sizes: how wide buffers are, and where in them values stand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from cellsearch.backends.cpu.emit import Emitter
from cellsearch.derive.schedule import Buffer, Call, Outer, Place
from cellsearch.ir import Node
from cellsearch.ir.widths import Size

# Rows at multiples of this many numbers meet in the same lines of a cache.
CONFLICT = 512


@dataclass(frozen=True)
class Column:
    """Where a value stands: in which buffer, from which number on, at which distance of rows.

    `view` 1 is one step later.
    """

    buffer: Buffer
    start: int
    distance: int
    view: int


class Layout:
    """One program at the sizes of one layer.

    Attributes:
        widths: what the text reads as `n`.
        columns: what it reads as `p` and `ld`, in its order.
        distances: of the rows of each buffer, by its id.
        gradients: for each packed gradient how many numbers each of its matrices has.
        totals: how many numbers each other total has.
        own: how many numbers the greediest kernel keeps for itself.
    """

    def __init__(self, emitter: Emitter, sizes: Mapping[str, int], lanes: int) -> None:
        self.sizes, self.lanes = sizes, lanes
        self.widths = [s.at(sizes) for s in emitter.widths]
        self.distances = {id(b): self._distance(b) for b in emitter.plan.buffers}
        self.columns = [self.column(p) for p in emitter.places]
        self.gradients = [
            [self.units(n.type.sizes) // heads for n in run]
            for run, heads in emitter.gradients().items()
        ]
        self.totals = [self.units(t.node.type.sizes) for t in emitter.totals]
        self.own = max([0, *(sum(map(self.units, own)) for own in emitter.own)])
        self._matrices = [self._matrix(m) for m in emitter.matrices]

    def units(self, shape: tuple[Size, ...]) -> int:
        """How many numbers a value has."""
        return math.prod(s.at(self.sizes) for s in shape)

    def _distance(self, b: Buffer) -> int:
        """Of rows; a little more than their width where they would share lines of a cache."""
        width = sum(map(self.units, b.shapes))
        return width + self.lanes if len(b.shapes) > 1 and width % CONFLICT == 0 else width

    def column(self, p: Place) -> Column:
        """Where a place is."""
        start = sum(map(self.units, p.buffer.shapes[: p.column]))
        return Column(p.buffer, start, self.distances[id(p.buffer)], p.view)

    def packed(self, rows: int) -> list[tuple[int, int]]:
        """How many numbers each packed matrix has, and how many each of its heads.

        Args:
            rows: how many rows there are, which a gradient's product goes through.
        """
        return [
            (each * (K or rows) * heads, each * (K or rows)) for K, each, heads in self._matrices
        ]

    def _matrix(self, m: Call | Outer) -> tuple[int, int, int]:
        """Rows, or 0 for all that there are; columns as they are packed; heads."""
        if isinstance(m, Outer):
            heads = int(m.form[1]) if m.form else 1
            return 0, self._rounded(self.units(m.right.type.sizes) // heads), 1
        K, N = self._total(m.operands), self._total(m.results)
        return K // m.heads, self._rounded(N // m.heads), m.heads

    def _total(self, nodes: tuple[Node, ...]) -> int:
        return sum(self.units(n.type.sizes) for n in nodes)

    def _rounded(self, columns: int) -> int:
        return math.ceil(columns / self.lanes) * self.lanes
