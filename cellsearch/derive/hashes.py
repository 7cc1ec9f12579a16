"""Three names for what a cell is.

`authored_hash` keeps the names of the weights, which decide what is drawn and what is stored.
`cell_hash` forgets them: equal cells written with other names, or with their sums and products in
another order, have one hash. Equal hashes mean isomorphic graphs; finer algebra is not looked for.
`class_hash` looks for it, and forgets signs: a label of the cells that are one up to mirror. It is
found and not proved, so nothing is skipped or refused by it alone.
"""

from __future__ import annotations

import hashlib
from functools import reduce

from cellsearch.derive.flat import COMMUTATIVE, Flat, Piece, colour, ordered
from cellsearch.derive.normal.canonical import canonical
from cellsearch.derive.normal.gauge import MIRROR
from cellsearch.derive.normal.read import normal_form
from cellsearch.errors import LanguageError
from cellsearch.ir import Graph, Node
from cellsearch.ir.expressions import Binary, Expression, Name, Number, rewrite
from cellsearch.ir.starts import source_weight
from cellsearch.ir.types import Type
from cellsearch.ir.widths import Size, number, substitute

AUTHORED, CELL, CLASS = "a1", "c2", "k1"


def authored_hash(graph: Graph) -> str:
    """`a1:…`: equal where the equations, weight names, initial values and order of states are."""
    index = {id(n): i for i, n in enumerate(graph.nodes)}
    nodes = [
        (n.op, str(n.attrs), _values(n.type), [index[id(a)] for a in n.args]) for n in graph.nodes
    ]
    states = [
        (s.name, _values(s.type), _authored_start(graph, s.start), index[id(s.next)])
        for s in graph.states
    ]
    weights = sorted(
        (w.name, _values(w.type), str(w.form), _authored_start(graph, w.start))
        for w in graph.weights.values()
    )
    inputs = [(n, _values(t)) for n, t in graph.inputs.items()]
    consts = sorted((n, str(e)) for n, e in graph.consts.items())
    return _digest(AUTHORED, [inputs, consts, states, weights, index[id(graph.output)], nodes])


def cell_hash(graph: Graph) -> str:
    """`c2:…`: equal where the cells are, up to names and the order of sums and products."""
    return _digest(CELL, _Anonymous(graph).content())


def class_hash(graph: Graph) -> str:
    """`k1:…`: equal where the cells are, up to exact algebra, names and the signs of weights."""
    return _digest(CLASS, canonical(normal_form(graph), MIRROR).text)


def _digest(scheme: str, content: object) -> str:
    return f"{scheme}:{hashlib.blake2b(repr(content).encode(), digest_size=12).hexdigest()}"


def _values(t: Type) -> str:
    """A type by its sizes' values, so that `P` and `H // 2` are told by what they are."""
    return repr([s.told for s in t.sizes])


def _authored_start(graph: Graph, start: Expression | None) -> str:
    return "" if start is None else str(substitute(start, graph.consts))


class _Anonymous:
    """A graph written out without names: nodes, weights and states have numbers."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        _, *others = graph.inputs
        self.inputs = {n: i for i, n in enumerate(graph.inputs)}
        self.widths: dict[str, Expression] = {f"X.{n}": Name(f"X.{self.inputs[n]}") for n in others}
        self.sizes: dict[Size, str] = {}
        self.types: dict[Type, str] = {}
        self.labels: dict[int, str] = {}
        self.flat = Flat(graph)
        self.colours = colour(graph, self.flat, self._label)
        self.lines: list[str] = []
        self.index: dict[int, int] = {}
        # Weights and states by their names, in the order in which they are met.
        self.weights: dict[str, int] = {}
        self.states: dict[str, int] = {}

    def content(self) -> object:
        """All that the hash depends on."""
        output = self._write(self.graph.output)
        states = self._states()
        weights = self._weights()
        needs = sorted(sorted((self._size(a), self._size(b))) for a, b in self.graph.needs)
        return [output, states, weights, needs, self.lines]

    def _size(self, s: Size) -> str:
        """A size by its values; those of further inputs are told by their places."""
        known = self.sizes.get(s)
        if known is None:
            told = Size.of(substitute(s.expression, self.widths)) if self.widths else s
            known = self.sizes[s] = str(told.told)
        return known

    def _type(self, t: Type) -> str:
        known = self.types.get(t)
        if known is None:
            known = self.types[t] = " by ".join(map(self._size, t.sizes))
        return known

    def _label(self, n: Node) -> str:
        """What a node is by itself."""
        if id(n) not in self.labels:
            self.labels[id(n)] = self._new_label(n)
        return self.labels[id(n)]

    def _new_label(self, n: Node) -> str:
        own: object = n.attrs
        match n.op:
            case "weight":
                w = self.graph.weights[str(n.attrs[0])]
                own = f"{w.form.heads} {w.form.side} {self._law(w.start, w.name, None)}"
            case "state":
                own = [
                    self._law(s.start, s.name, None)
                    for s in self.graph.states
                    if s.name == n.attrs[0]
                ]
            case "input":
                own = self.inputs[str(n.attrs[0])]
            case "const":
                own = str(self.graph.consts[str(n.attrs[0])])
            case "dropout" | "zoneout":
                own = (n.attrs[0], n.attrs[2:])
            case "add" | "sub" | "neg" | "mul":
                own = ""
        return f"{self.flat.of(n).kind} {own} {self._type(n.type)}"

    def _write(self, root: Node) -> int:
        """The number of a node, everything below it written first."""
        top = self.flat.node(root)
        stack = [(top, iter(self._pieces(top)))]
        while stack:
            n, rest = stack[-1]
            for p in rest:
                if id(p.node) not in self.index:
                    stack.append((p.node, iter(self._pieces(p.node))))
                    break
            else:
                stack.pop()
                if id(n) not in self.index:
                    self._line(n)
        return self.index[id(top)]

    def _pieces(self, n: Node) -> list[Piece]:
        return ordered(self.flat, n, self.colours)

    def _line(self, n: Node) -> None:
        kind, number, pieces = self.flat.of(n)
        args = [(self.index[id(p.node)], p.sign, p.times) for p in pieces]
        if kind in COMMUTATIVE:
            args.sort()
        met = {"weight": self.weights, "state": self.states}.get(n.op)
        which = -1 if met is None else met.setdefault(str(n.attrs[0]), len(met))
        self.lines.append(f"{self._label(n)} {number} {which} {args}")
        self.index[id(n)] = len(self.lines) - 1

    def _states(self) -> list[object]:
        """The states that the output reaches, in the order in which it does."""
        out: list[object] = []
        by_name = {s.name: s for s in self.graph.states}
        while len(out) < len(self.states):
            s = by_name[list(self.states)[len(out)]]
            out.append((self._law(s.start, s.name, self.weights), self._write(s.next)))
        return out

    def _weights(self) -> list[object]:
        """The laws of all weights; a law may name weights that nothing else does."""
        out: list[object] = []
        while len(out) < len(self.weights):
            w = self.graph.weights[list(self.weights)[len(out)]]
            law = self._law(w.start, w.name, self.weights)
            out.append((self._type(w.type), str(w.form), law))
        return out

    def _law(self, start: Expression | None, owner: str, met: dict[str, int] | None) -> str:
        """An initial law with the weights that it reads by number; the default law is ''."""
        if start is None:
            return ""

        def change(e: Expression) -> Expression | None:
            if not isinstance(e, Name):
                return None
            if e.name in self.graph.consts:
                return _closed(self.graph.consts[e.name])
            source = source_weight(e.name, owner, self.graph.weights)
            if source is None:
                return None
            return Name("w" if met is None else f"w{met.setdefault(source, len(met))}")

        law = str(_ordered(_closed(rewrite(start, change))))
        return "" if law == "0" and self._starts_at_zero(owner) else law

    def _starts_at_zero(self, owner: str) -> bool:
        weight = self.graph.weights.get(owner)
        return weight is None or weight.type.kind != "matrix"


def _closed(e: Expression) -> Expression:
    """A number, where it is one whatever H and X are."""
    try:
        return Number(number(e, {}))
    except LanguageError:
        return e


def _ordered(e: Expression) -> Expression:
    """The law with the operands of each sum and product in one order."""
    e = e.with_parts(tuple(map(_ordered, e.parts))) if e.parts else e
    if not (isinstance(e, Binary) and e.op in "+*"):
        return e
    op = e.op
    return reduce(lambda a, b: Binary(op, a, b), sorted(_operands(e, op), key=str))


def _operands(e: Expression, op: str) -> list[Expression]:
    if isinstance(e, Binary) and e.op == op:
        return [*_operands(e.left, op), *_operands(e.right, op)]
    return [e]
