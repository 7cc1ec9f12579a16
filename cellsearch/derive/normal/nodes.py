"""The polynomial of each node of a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from cellsearch.derive.normal import functions
from cellsearch.derive.normal.algebra import (
    MATRIX,
    SCALAR,
    ZERO,
    Algebra,
    Boxing,
    Polynomial,
    number,
    one,
    scaled,
)
from cellsearch.derive.normal.matrices import Matrices
from cellsearch.derive.normal.sizes import Sizes
from cellsearch.ir import Graph, Node
from cellsearch.ir.graph import topological
from cellsearch.ir.types import Type
from cellsearch.ir.widths import ONE, Size


class Nodes:
    """Reads the nodes of a graph into an algebra.

    Args:
        graph: the cell.
        algebra: where its atoms are.
        alias: states that are another one, or 0 (None), all the time.
    """

    def __init__(
        self,
        graph: Graph,
        algebra: Algebra,
        alias: Mapping[str, str | None],
    ) -> None:
        self.graph, self.al, self.alias = graph, algebra, alias
        self.matrices = Matrices(algebra)
        self._sizes = Sizes(graph)
        self._places = {n: i for i, n in enumerate(graph.inputs)}
        self._known: dict[int, Polynomial] = {}
        for node in self._order():
            self._known[id(node)] = self._read(node)

    def _order(self) -> Iterable[Node]:
        return self.graph.nodes

    def __getitem__(self, node: Node) -> Polynomial:
        return self._known[id(node)]

    def _read(self, n: Node) -> Polynomial:
        args = [self._known[id(a)] for a in n.args]
        reader = _READERS.get(n.op)
        return reader(self, n, args) if reader else functions.function(self.al, n.op, *args)

    def _leaf(self, n: Node, args: list[Polynomial]) -> Polynomial:
        name: object = n.attrs[0]
        if n.op == "input":
            name = self._places[str(name)]
        return one(self.al.atom(n.op, name, rank=rank(n.type)))

    def _state(self, n: Node, args: list[Polynomial]) -> Polynomial:
        name: str | None = str(n.attrs[0])
        while name is not None and name in self.alias:
            name = self.alias[name]
        return ZERO if name is None else one(self.al.atom("state", name, rank=rank(n.type)))

    def _const(self, n: Node, args: list[Polynomial]) -> Polynomial:
        value = self._sizes.value(self.graph.consts[str(n.attrs[0])])
        return (
            self.al.number(value) if isinstance(value, float) else one(self.al.atom("const", value))
        )

    def _matmul(self, n: Node, args: list[Polynomial]) -> Polynomial:
        if n.type.kind == "matrix":
            return self.matrices.on_matrix(*args)
        left, right = args
        units = partial(self._units, n.args[1].type)
        return self.matrices.on_vector(left, right, units, rank(n.type))

    def _units(self, t: Type) -> Polynomial:
        """How many units a value has."""
        out = number(1)
        for s in t.sizes:
            out = self.al.multiply(out, self._size(s))
        return out

    def _size(self, s: Size) -> Polynomial:
        if s.fixed:
            return number(s.values[0])
        return one(self.al.atom("size", self._sizes.text(s)))

    def _sum(self, n: Node, args: list[Polynomial]) -> Polynomial:
        if rank(n.args[0].type) == SCALAR:
            return args[0]
        return self.matrices.total(args[0], self._units(n.args[0].type))

    def _mean(self, n: Node, args: list[Polynomial]) -> Polynomial:
        # Of what is the same in each unit the mean is that, whatever their number.
        if self.al.rank(args[0]) == SCALAR:
            return args[0]
        part = functions.inverse(self.al, self._units(n.args[0].type))
        return self.al.multiply(part, self._sum(n, args))

    def _noise(self, n: Node, *label: object) -> Polynomial:
        return one(self.al.atom("noise", n.attrs[1], n.op, n.attrs[0], *label, rank=rank(n.type)))

    def _dropout(self, n: Node, args: list[Polynomial]) -> Polynomial:
        return self.al.multiply(self._noise(n, n.attrs[2]), args[0])

    def _zoneout(self, n: Node, args: list[Polynomial]) -> Polynomial:
        new, old = args
        kept = self._noise(n)
        return self.al.add(
            (self.al.multiply(kept, old), 1), (new, 1), (self.al.multiply(kept, new), -1)
        )


def rank(t: Type) -> int:
    """SCALAR for one unit, VECTOR or MATRIX."""
    return SCALAR if t.sizes in ((), (ONE,)) else len(t.sizes)


class BoxedNodes(Nodes):
    """In a large cell, a value of several terms that a matrix reads is one atom everywhere."""

    def __init__(self, graph: Graph, algebra: Boxing, alias: Mapping[str, str | None]) -> None:
        self._boxing = algebra
        self._vectors = [
            n.args[1] for n in graph.nodes if n.op == "matmul" and n.type.kind != "matrix"
        ]
        self._operands = set(map(id, self._vectors))
        super().__init__(graph, algebra, alias)

    def _order(self) -> Iterable[Node]:
        # Vectors that matrices read come first, so that their equals elsewhere are known for them.
        return topological([*self._vectors, *self.graph.nodes])

    def _read(self, n: Node) -> Polynomial:
        p = super()._read(n)
        wanted = id(n) in self._operands or self._boxing.has_boxed(p)
        return self._boxing.boxed(p) if wanted and len(p) > 1 else p


Reader = Callable[[Nodes, Node, list[Polynomial]], Polynomial]

_READERS: dict[str, Reader] = {
    "input": Nodes._leaf,
    "weight": Nodes._leaf,
    "state": Nodes._state,
    "const": Nodes._const,
    "number": lambda s, n, a: s.al.number(float(n.attrs[0])),
    "zeros": lambda s, n, a: ZERO,
    "identity": lambda s, n, a: one(s.al.atom("identity", rank=MATRIX)),
    "add": lambda s, n, a: s.al.add((a[0], 1), (a[1], 1)),
    "sub": lambda s, n, a: s.al.add((a[0], 1), (a[1], -1)),
    "neg": lambda s, n, a: scaled(a[0], -1),
    "mul": lambda s, n, a: s.al.multiply(a[0], a[1]),
    "div": lambda s, n, a: s.al.multiply(a[0], functions.inverse(s.al, a[1])),
    "expand": lambda s, n, a: a[0],
    "squeeze": lambda s, n, a: a[0],
    "block": lambda s, n, a: a[0],
    "conv": lambda s, n, a: a[0],
    "matmul": Nodes._matmul,
    "transpose": lambda s, n, a: s.matrices.transposed(a[0]),
    "diag": lambda s, n, a: s.matrices.identity(a[0]),
    "outer": lambda s, n, a: s.al.multiply(
        s.matrices.spread(a[0], "rows"), s.matrices.spread(a[1], "columns")
    ),
    "scale_rows": lambda s, n, a: s.al.multiply(s.matrices.spread(a[0], "rows"), a[1]),
    "scale_columns": lambda s, n, a: s.al.multiply(a[0], s.matrices.spread(a[1], "columns")),
    "sum": Nodes._sum,
    "mean": Nodes._mean,
    "layernorm": lambda s, n, a: functions.odd(s.al, a[0], "layernorm"),
    "rmsnorm": lambda s, n, a: functions.odd(s.al, a[0], "rmsnorm"),
    "dropout": Nodes._dropout,
    "zoneout": Nodes._zoneout,
}
