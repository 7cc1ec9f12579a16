"""A cell's graph as the figure that a paper would draw: gates, not single operations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from cellsearch.derive.diagram import words
from cellsearch.derive.diagram.blends import Blend, blend, complement, factors
from cellsearch.derive.diagram.figure import Figure, Inlet, Item, Kind
from cellsearch.derive.diagram.forms import ACTIVATIONS, chain, dotted, form, one_variable
from cellsearch.derive.diagram.sheet import Sheet, bare
from cellsearch.derive.diagram.words import Words, joined, plain
from cellsearch.derive.diagram.writing import Writer
from cellsearch.derive.gates import GATES, gates
from cellsearch.ir import Cell, elaborate
from cellsearch.ir.graph import Graph, Node, StateValue
from cellsearch.ir.unroll import base

_MINUS = plain("\N{MINUS SIGN}")
_CIRCLES: dict[str, tuple[Kind, str]] = {
    "add": ("plus", "+"),
    "sub": ("plus", "+"),
    "mul": ("times", "⊙"),
    "div": ("over", "÷"),
    "min": ("other", "min"),
    "max": ("other", "max"),
}
_PRODUCTS = ("matmul", "outer", "scale_rows", "scale_columns", "sum", "transpose", "diag")


def read(cell: Cell) -> Figure:
    """The figure of a cell.

    Raises:
        LanguageError: the cell cannot be elaborated.
    """
    graph = elaborate(cell)
    return _Reading(graph, frozenset(gates(cell, graph))).run()


class _Reading:
    def __init__(self, graph: Graph, gates: frozenset[str]) -> None:
        self.sheet, self.gates = Sheet(graph), gates
        self.items: list[Item] = []
        self.drawn: dict[int, int] = {}
        # What interpolations are between, by its node's id.
        self.between: set[int] = set()
        # These names stand where lines end.
        self.ends = {f"{s.name}'" for s in graph.states} | {_output_name(graph)}

    def run(self) -> Figure:
        graph = self.sheet.graph
        starts = [self._start("state", s.name) for s in graph.states]
        # An input that nothing reads is no line.
        read = {n.attrs[0] for n in graph.nodes if n.op == "input"}
        for name in (n for n in graph.inputs if n in read):
            self._start("input", name)
        # In the order of computation, so that no chain is deep.
        for node in map(bare, graph.nodes):
            if id(node) in self.sheet.names and not self.sheet.is_fixed(node):
                self._item(node)
        ends = [self._end(s) for s in graph.states]
        output = Inlet(self._item(bare(graph.output)))
        self._add(Item("output", (output,), words.name(_output_name(graph))))
        rails = tuple(zip(starts, ends, strict=True))
        return Figure(graph.name, tuple(self.items), rails, tuple(self._notes()))

    def _notes(self) -> Iterator[Words]:
        for name, node in self.sheet.graph.equations.items():
            if self.sheet.is_fixed(bare(node)):
                yield joined(words.name(name), plain(" = "), self._text(bare(node), ()))

    def _start(self, kind: Literal["state", "input"], name: str) -> int:
        number = self._add(Item(kind, name=words.name(name)))
        nodes = (n for n in self.sheet.graph.nodes if (n.op, *n.attrs) == (kind, name))
        self.drawn.update({id(n): number for n in nodes})
        return number

    def _add(self, item: Item) -> int:
        self.items.append(item)
        return len(self.items) - 1

    def _end(self, state: StateValue) -> int:
        primed = f"{state.name}'"
        known = primed in self.sheet.graph.equations
        # What a delay remembers has no name for its new value: the slot that it fills is named.
        slot = joined(plain("→ "), words.name(state.name))
        name = words.name(primed) if known else slot
        return self._add(Item("new state", (Inlet(self._item(bare(state.next))),), name))

    def _item(self, node: Node) -> int:
        """The number of a node's item, which is made when it is first asked for."""
        if id(node) not in self.drawn:
            self.drawn[id(node)] = self._add(self._made(node))
        return self.drawn[id(node)]

    def _made(self, node: Node) -> Item:
        if self.sheet.is_fixed(node):
            return Item("constant", text=self._text(node, ()))
        found = form(self.sheet, node)
        if found.weighs:
            return self._boxed("linear" if found.maps else "sum", node, found.inlets)
        return self._operation(node) or self._function(node) or self._other(node)

    def _name(self, node: Node) -> Words:
        """The name of an equation, unless it stands where its line ends."""
        name = self.sheet.names.get(id(node), "")
        return words.name(name) if name and name not in self.ends else ()

    def _text(self, node: Node, apart: Iterable[Node]) -> Words:
        return Writer(self.sheet, apart=apart).whole(node)

    def _inlets(self, nodes: Iterable[Node]) -> tuple[Inlet, ...]:
        return tuple(Inlet(self._item(n)) for n in nodes)

    def _boxed(self, kind: Kind, node: Node, apart: Sequence[Node]) -> Item:
        text = self._text(node, apart)
        return Item(kind, self._inlets(apart), self._name(node), text=text)

    def _operation(self, node: Node) -> Item | None:
        """A circle with a sign in it, or an interpolation."""
        found = blend(self.sheet, node)
        if found:
            return self._blend(node, found)
        gate = complement(self.sheet, node)
        if gate is not None:
            inlets = self._inlets([gate])
            of_gate = self.items[inlets[0].source].kind == "gate"
            return Item("gate" if of_gate else "other", inlets, sign=plain("1 \N{MINUS SIGN}"))
        if len(self.sheet.varying(node)) < 2 or one_variable(self.sheet, node):
            return None
        return self._circle(node)

    def _circle(self, node: Node) -> Item | None:
        if node.op not in _CIRCLES:
            return None
        kind, sign = _CIRCLES[node.op]
        inlets = {"plus": self._terms, "times": self._factors, "over": self._ordered}
        found = inlets.get(kind, self._as_written)(node)
        return Item(kind, found, self._name(node), plain(sign))

    def _as_written(self, node: Node) -> tuple[Inlet, ...]:
        return self._inlets(self.sheet.args(node))

    def _ordered(self, node: Node) -> tuple[Inlet, ...]:
        above, below = self.sheet.args(node)
        return Inlet(self._item(above)), Inlet(self._item(below), plain("÷"))

    def _blend(self, node: Node, b: Blend) -> Item:
        gate = self._letter(b.gate)
        rest = joined(plain("1 \N{MINUS SIGN} "), gate)
        self.between |= {id(b.one), id(b.other)}
        legs = (
            Inlet(self._item(b.other), self._marked(b.other_factor, rest)),
            Inlet(self._item(b.one), self._marked(b.one_factor, gate)),
            Inlet(self._item(b.gate)),
        )
        return Item("mix", legs, self._name(node), gate)

    def _letter(self, node: Node) -> Words:
        """A gate's name, or the sign of its function."""
        has_name = id(node) in self.sheet.names
        return self._factor(node) if has_name else Writer(self.sheet).sign(node)

    def _marked(self, fixed: tuple[Node, ...], share: Words) -> Words:
        if not fixed:
            return share
        bracketed = joined(plain("("), share, plain(")")) if len(share) > 1 else share
        return joined(*(self._factor(f) for f in fixed), plain(" "), bracketed)

    def _factor(self, node: Node) -> Words:
        return Writer(self.sheet).part(node)

    def _terms(self, node: Node) -> tuple[Inlet, ...]:
        """The terms of a sum, with a sign where one is taken away, and their fixed factors."""
        return tuple(self._term(n, minus) for n, minus in self._flat(node, False))

    def _flat(self, node: Node, minus: bool) -> Iterator[tuple[Node, bool]]:
        for i, a in enumerate(self.sheet.args(node)):
            sign = minus ^ (i == 1 and node.op == "sub")
            inner = a.op in ("add", "sub") and self.sheet.is_own(a)
            if inner and not (form(self.sheet, a).weighs or blend(self.sheet, a)):
                yield from self._flat(a, sign)
            else:
                yield a, sign

    def _term(self, node: Node, minus: bool) -> Inlet:
        sign = _MINUS if minus else ()
        if node.op == "mul" and self.sheet.is_own(node) and chain(self.sheet, node) is None:
            fixed, rest = self._sorted(factors(self.sheet, node))
            if fixed and len(rest) == 1 and not form(self.sheet, node).weighs:
                return Inlet(self._item(rest[0]), joined(sign, *map(self._factor, fixed)))
        return Inlet(self._item(node), sign)

    def _sorted(self, parts: list[Node]) -> tuple[list[Node], list[Node]]:
        fixed = [p for p in parts if self.sheet.is_fixed(p)]
        return fixed, [p for p in parts if not self.sheet.is_fixed(p)]

    def _factors(self, node: Node) -> tuple[Inlet, ...]:
        fixed, rest = self._sorted(factors(self.sheet, node))
        mark = joined(*map(self._factor, fixed))
        return tuple(Inlet(self._item(n), () if i else mark) for i, n in enumerate(rest))

    def _function(self, node: Node) -> Item | None:
        found = chain(self.sheet, node)
        if found is None:
            variable = one_variable(self.sheet, node)
            return self._boxed(self._kind(node, "function"), node, [variable]) if variable else None
        apart = self._arguments(found.inner)
        if found.core.op not in GATES | ACTIVATIONS:
            kind: Kind = "noise" if found.core.op == "dropout" else "function"
            return self._boxed(self._kind(node, kind), node, apart)
        is_gate = found.core.op in GATES and not (found.core is node and self._is_value(node))
        kind = self._kind(node, "gate" if is_gate else "activation")
        sign = Writer(self.sheet, hole=found.inner).whole(node)
        # A function of one line says nothing more than its sign.
        text = () if apart == [found.inner] else Writer(self.sheet, apart=apart).part(found.inner)
        return Item(kind, self._inlets(apart), self._name(node), sign, text)

    def _kind(self, node: Node, otherwise: Kind) -> Kind:
        """A gate if an equation is one; else as is said."""
        return "gate" if base(self.sheet.names.get(id(node), "")) in self.gates else otherwise

    def _is_value(self, node: Node) -> bool:
        """Whether a node is a whole equation, or what a gate lets through."""
        return id(node) in self.sheet.names or id(node) in self.between

    def _arguments(self, inner: Node) -> list[Node]:
        """What a function's box is entered by: what its argument is made of, if that is written."""
        found = form(self.sheet, inner)
        named = all(id(n) in self.sheet.names for n in found.inlets)
        is_part = self.sheet.is_own(inner) and (found.weighs or named)
        if is_part:
            return list(found.inlets)
        # A sign is written in the box of what it is read by.
        signed = inner.op == "neg" and self.sheet.is_own(inner)
        return self._within(self.sheet.args(inner)[0] if signed else inner)

    def _within(self, node: Node) -> list[Node]:
        """A node, or the two of which it is the scalar product."""
        return dotted(self.sheet, node) if self.sheet.is_own(node) else [node]

    def _other(self, node: Node) -> Item:
        if node.op == "zoneout":
            return self._boxed("noise", node, self.sheet.varying(node))
        inlets = form(self.sheet, node).inlets
        if inlets[0] is node:
            inlets = tuple(self.sheet.varying(node))
        apart = [part for n in inlets for part in self._within(n)]
        return self._boxed("product" if node.op in _PRODUCTS else "function", node, apart)


def _output_name(graph: Graph) -> str:
    """The output's name: if its value has several, the last."""
    return [n for n, v in graph.equations.items() if v is graph.output][-1]
