"""What is computed, by whom it is read, and when: what the parts of a schedule ask of a program."""

from __future__ import annotations

from collections.abc import Iterator

from cellsearch.derive.program import Program, Total
from cellsearch.derive.schedule.accumulate import base, leaf_of
from cellsearch.derive.schedule.phases import Moment, Timing
from cellsearch.ir import Node


class Work:
    """A program whose products are accumulated, and its moments.

    Attributes:
        program: what is computed.
        timing: when.
        computed: the nodes that are, in an order of computation.
        outers: the totals that are outer products of two values at every row.
        totals: the others, which are summed up row by row.
        sums: at each moment the sums of products.
        kernels: at each moment what is computed row by row.
        readers: of each node, by its id.
    """

    def __init__(self, program: Program, timing: Timing) -> None:
        self.program, self.timing = program, timing
        self.moment = timing.moment
        stored = self._only_in_products()
        self.outers = self._outer_totals()
        outside = set(map(id, self.outers))
        self.totals = [t for t in program.totals if id(t) not in outside]
        summed = {id(t.node) for t in self.outers}
        self._read_outside = {id(a) for t in self.outers for a in t.node.args}
        self.computed = [
            n
            for n in timing.order
            if not timing.is_leaf(n) and id(n) not in stored and id(n) not in summed
        ]
        self.readers: dict[int, list[Node]] = {}
        for n in self.computed:
            for a in n.args:
                self.readers.setdefault(id(a), []).append(n)
        self.sums: dict[Moment, list[Node]] = {}
        self.kernels: dict[Moment, list[Node]] = {}
        for n in self.computed:
            here = self.sums if n.op == "accumulate" else self.kernels
            here.setdefault(self.moment[id(n)], []).append(n)

    def _only_in_products(self) -> set[int]:
        """The stored matrices that products alone read: as they are packed, they are flipped."""
        out = {id(n) for n in self.timing.order if _is_matrix(n)}
        for n in reversed(self.timing.order):
            if n.op != "accumulate" and id(n) not in out and not self.timing.is_leaf(n):
                out -= {id(a) for a in n.args}
        for n in reversed(self.timing.order):
            if id(n) not in out and _is_matrix(n):
                out -= {id(a) for a in n.args}
        return out

    def _outer_totals(self) -> list[Total]:
        """Those whose outer product nothing else needs."""
        needed = {id(c.next) for c in self.program.carries}
        needed |= {id(n) for n in self.program.rows.values()}
        for n in self.timing.order:
            if not self.timing.is_leaf(n):
                needed |= {id(a) for a in n.args}
        return [t for t in self.program.totals if t.node.op == "outer" and id(t.node) not in needed]

    def is_summed_outside(self, n: Node) -> bool:
        """Whether an outer product over all rows reads it."""
        return id(n) in self._read_outside


def chain(n: Node) -> Iterator[Node]:
    """A sum of products, and those that it is added on top of."""
    step: Node | None = n
    while step is not None:
        yield step
        step = under(step)


def under(n: Node) -> Node | None:
    """What a sum of products is added on top of, in the same place."""
    return base(n) if n.op == "accumulate" else None


def _is_matrix(n: Node) -> bool:
    """A stored matrix as a product reads it."""
    return n.op in ("transpose", "block", "conv") and leaf_of(n).op == "fixed"
