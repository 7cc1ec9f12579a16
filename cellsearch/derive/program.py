"""What is computed at every row of a sequence, one step after another: a cell, or its gradient.

A row is one step of one sequence. What depends on weights alone is no part of it: it is computed
once, and read here as a leaf ("fixed"). Noise is a leaf too, drawn beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from cellsearch.derive.timing import FIXED, timing
from cellsearch.ir import Graph, Node
from cellsearch.ir.build import UNITWISE, Builder
from cellsearch.ir.ops import LAYERNORM_EPSILON, RMSNORM_EPSILON
from cellsearch.ir.types import Type

SCALAR = Type()
_LEAVES = frozenset({"input", "state", "fixed", "noise", "number", "given"})

# The operations of a program, besides those of a graph: `fixed` (its number), `noise` (its site),
# `given` (a row's value from elsewhere, by name), `spread` (a scalar's equal share for each unit),
# `select`, and what a schedule makes of products and sums: `accumulate`.


@dataclass(frozen=True)
class Carry:
    """What is carried from step to step: the leaf that a step reads, and the node it leaves."""

    name: str
    leaf: Node
    next: Node


@dataclass(frozen=True)
class Total:
    """A sum over all rows, of the type of the leaf whose gradient it adds to."""

    leaf: Node
    node: Node


@dataclass(frozen=True)
class Program:
    """What is computed at every row.

    Attributes:
        carries: from step to step.
        rows: what is wanted at every row, by name.
        totals: what is wanted as a sum over all rows.
        given: nodes whose values come from elsewhere, by name.
        backwards: whether it runs from the last step to the first.
        names: of nodes that have one, by id.
    """

    carries: tuple[Carry, ...]
    rows: Mapping[str, Node]
    totals: tuple[Total, ...]
    given: Mapping[str, Node]
    backwards: bool
    names: Mapping[int, str]

    def roots(self) -> Iterator[Node]:
        """All nodes that are wanted."""
        yield from (c.next for c in self.carries)
        yield from self.rows.values()
        yield from (t.node for t in self.totals)

    @cached_property
    def order(self) -> tuple[Node, ...]:
        """All live nodes, each after those that it reads; what is given reads nothing."""
        return below(self.roots(), {id(n) for n in self.given.values()})

    @cached_property
    def leaves(self) -> frozenset[int]:
        """The ids of the live nodes that are not computed here."""
        given = (id(n) for n in self.given.values())
        return frozenset({*given, *(id(n) for n in self.order if is_leaf(n))})


@dataclass(frozen=True)
class Lowered:
    """A cell's program.

    Attributes:
        program: with the row `output`.
        fixed: what each `fixed` leaf stands for, in its order: nodes of the graph.
        noise: for each site the node of the graph that draws there.
    """

    program: Program
    fixed: tuple[Node, ...]
    noise: Mapping[int, Node]


def is_leaf(n: Node) -> bool:
    """Whether it is computed elsewhere, or is a number."""
    return n.op in _LEAVES or is_number(n)


def is_number(n: Node) -> bool:
    """Whether it is a number, also one for each unit."""
    return n.op == "number" or (n.op == "expand" and n.args[0].op == "number")


def below(roots: Iterable[Node], leaves: set[int]) -> tuple[Node, ...]:
    """The nodes below the roots, each after those that it reads, down to the leaves."""
    order: dict[int, Node] = {}
    entered = set(leaves)
    stack = list(roots)[::-1]
    while stack:
        node = stack.pop()
        own = id(node)
        if own in order:
            continue
        if own in entered or not node.args:
            order[own] = node
        else:
            # Left again once all that it reads is there.
            entered.add(own)
            stack.append(node)
            stack += node.args[::-1]
    return tuple(order.values())


def lower(graph: Graph, *, training: bool) -> Lowered:
    """The program of a cell.

    Args:
        graph: the cell.
        training: whether noise is drawn; without it, it is what it is in evaluation.
    """
    return _Lowering(graph, training).run()


class _Lowering:
    def __init__(self, graph: Graph, training: bool) -> None:
        self.graph, self.training = graph, training
        self.when = timing(graph)
        self.b = Builder()
        self.new: dict[int, Node] = {}
        self.fixed: dict[int, tuple[Node, Node]] = {}
        self.noise: dict[int, Node] = {}

    def run(self) -> Lowered:
        for n in self.graph.nodes:
            if self.when[id(n)] != FIXED:
                self.new[id(n)] = self._node(n)
        g = self.graph
        carries = tuple(
            Carry(s.name, self.b.node("state", attrs=(s.name,), type=s.type), self._read(s.next))
            for s in g.states
        )
        names = {id(self.new[id(n)]): e for e, n in g.equations.items() if id(n) in self.new}
        program = Program(carries, {"output": self._read(g.output)}, (), {}, False, names)
        return Lowered(program, tuple(n for n, _ in self.fixed.values()), self.noise)

    def _read(self, n: Node) -> Node:
        """A node as others read it."""
        if id(n) in self.new:
            return self.new[id(n)]
        if n.op == "number":
            return self.b.number(float(n.attrs[0]))
        if n.op == "expand" and n.args[0].op == "number":
            return self.b.node("expand", (self._read(n.args[0]),), type=n.type)
        if n.op in ("block", "conv"):
            return self.b.node(n.op, (self._read(n.args[0]),), n.attrs, type=n.type)
        if id(n) not in self.fixed:
            leaf = self.b.node("fixed", attrs=(len(self.fixed),), type=n.type)
            self.fixed[id(n)] = (n, leaf)
        return self.fixed[id(n)][1]

    def _node(self, n: Node) -> Node:
        args = tuple(map(self._read, n.args))
        lowered = _LOWERED.get(n.op)
        if lowered is not None:
            return lowered(self.b, args[0])
        if n.op == "dropout":
            return self._dropout(n, args)
        if n.op == "zoneout":
            return self._zoneout(n, args)
        if n.op in UNITWISE:
            return self.b.unitwise(n.op, *args)
        return self.b.node(n.op, args, n.attrs, type=n.type)

    def _dropout(self, n: Node, args: tuple[Node, ...]) -> Node:
        """The mask is 0, or what keeps the mean."""
        return self.b.unitwise("mul", args[0], self._mask(n)) if self.training else args[0]

    def _zoneout(self, n: Node, args: tuple[Node, ...]) -> Node:
        """Where the mask is 1 the old value stays; in evaluation it is the probability."""
        new, old = args
        mask = self._mask(n) if self.training else self.b.number(float(n.attrs[0]))
        rest = self.b.unitwise("sub", self.b.number(1.0), mask)
        kept = self.b.unitwise("mul", mask, old)
        return self.b.unitwise("add", kept, self.b.unitwise("mul", rest, new))

    def _mask(self, n: Node) -> Node:
        site = int(n.attrs[1])
        self.noise[site] = n
        return self.b.node("noise", attrs=(site,), type=n.type)


def _over_units(b: Builder, op: str, a: Node) -> Node:
    """`sum` or `mean` over the units; of a scalar it is the scalar."""
    return b.node(op, (a,), type=SCALAR) if a.type.sizes else a


def _rms(b: Builder, a: Node, epsilon: float) -> Node:
    squares = _over_units(b, "mean", b.unitwise("mul", a, a))
    return b.unitwise("sqrt", b.unitwise("add", squares, b.number(epsilon)))


def _rmsnorm(b: Builder, a: Node) -> Node:
    return b.unitwise("div", a, _rms(b, a, RMSNORM_EPSILON))


def _layernorm(b: Builder, a: Node) -> Node:
    centred = b.unitwise("sub", a, _over_units(b, "mean", a))
    return b.unitwise("div", centred, _rms(b, centred, LAYERNORM_EPSILON))


_LOWERED: dict[str, Callable[[Builder, Node], Node]] = {
    "layernorm": _layernorm,
    "rmsnorm": _rmsnorm,
    "sum": lambda b, a: _over_units(b, "sum", a),
    "mean": lambda b, a: _over_units(b, "mean", a),
}
