"""A plan at given sizes: how wide buffers are, and where in them values stand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from cellsearch.backends.cpu.job import Job
from cellsearch.backends.cpu.matrices import form
from cellsearch.derive.schedule import Buffer, Call, Outer, Place
from cellsearch.ir import Node
from cellsearch.ir.widths import Size

# Rows at multiples of this many numbers meet in the same lines of a cache; so much more, and not.
CONFLICT, MORE = 512, 16


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
        wide: how many numbers a pixel needs for its neighbours, at the most.
    """

    def __init__(self, job: Job, sizes: Mapping[str, int], columns: int) -> None:
        self.sizes, self._columns = sizes, columns
        self._sizes: dict[int, int] = {}
        self.widths = [s.at(sizes) for s in job.widths]
        self._starts = {
            id(b): list(accumulate(map(self.units, b.shapes), initial=0)) for b in job.plan.buffers
        }
        self.distances = {id(b): self._distance(b) for b in job.plan.buffers}
        self.columns = [self.column(p) for p in job.places]
        self.gradients = [[self._stored(n, o) for n in run] for run, o in job.gradients().items()]
        self.totals = [self.units(t.node.type.sizes) for t in job.totals]
        self.own = max([0, *(sum(map(self.units, own)) for own in job.own)])
        self.wide = 0
        self._matrices = [self._matrix(m) for m in job.matrices]

    def units(self, shape: tuple[Size, ...]) -> int:
        """How many numbers a value has."""
        return math.prod(map(self._at, shape))

    def _at(self, size: Size) -> int:
        if id(size) not in self._sizes:
            self._sizes[id(size)] = size.at(self.sizes)
        return self._sizes[id(size)]

    def _distance(self, b: Buffer) -> int:
        """Of rows; a little more than their width where they would share lines of a cache."""
        width = self._starts[id(b)][-1]
        return width + MORE if len(b.shapes) > 1 and width % CONFLICT == 0 else width

    def column(self, p: Place) -> Column:
        """Where a place is."""
        start = self._starts[id(p.buffer)][p.column]
        return Column(p.buffer, start, self.distances[id(p.buffer)], p.view)

    def packed(self, rows: int) -> list[tuple[int, int]]:
        """How many numbers each packed matrix has, and how many each of its parts.

        Args:
            rows: how many rows there are, which a gradient's product goes through.
        """
        return [self._packed(m, rows) for m in self._matrices]

    def _packed(self, m: Packed, rows: int) -> tuple[int, int]:
        each = self._rounded(m.columns) * (m.rows or rows)
        return each * m.heads, each

    def _matrix(self, m: Call | Outer) -> Packed:
        if isinstance(m, Outer):
            name, count = (str(m.form[0]), int(m.form[1])) if m.form else ("", 1)
            N = self.units(m.right.type.sizes)
            if name == "conv":
                N *= count * count
                self.wide = max(self.wide, N + self._rounded(N))
                return Packed(0, 0, 0)
            return Packed(0, N // count, 1)
        name, count = form(m.blocks[0].matrix)
        K, N = self._total(m.operands), self._total(m.results)
        if name == "conv":
            self.wide = max(self.wide, K * count * count)
            return Packed(K * count * count, N, 1)
        return Packed(K // count, N // count, count)

    def _stored(self, leaf: Node, o: Outer) -> int:
        units = self.units(leaf.type.sizes)
        name, count = (str(o.form[0]), int(o.form[1])) if o.form else ("", 1)
        return units * count * count if name == "conv" else units // count

    def _total(self, nodes: tuple[Node, ...]) -> int:
        return sum(self.units(n.type.sizes) for n in nodes)

    def _rounded(self, columns: int) -> int:
        return math.ceil(columns / self._columns) * self._columns


@dataclass(frozen=True)
class Packed:
    """A packed matrix: rows (0 for all that there are), columns and number of its heads."""

    rows: int
    columns: int
    heads: int
