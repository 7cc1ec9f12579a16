"""A graph with its sums and products laid flat, and colours that tell its nodes apart by no name.

`a + (b - c)` and `b + a - c` are one bag of signed terms; what stays of the order in which they
were written is nothing.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from cellsearch.ir import Graph, Node
from cellsearch.ir.build import value

SUM, PRODUCT = "sum", "product"
_KINDS = {"add": SUM, "sub": SUM, "neg": SUM, "mul": PRODUCT}
COMMUTATIVE = frozenset({SUM, PRODUCT, "min", "max"})
# A bag of more pieces is left as it stands: chains of thousands of sums would fill the memory.
MOST_PIECES = 500
# Colours are refined until no more can be told apart, which takes a few rounds.
_MOST_ROUNDS = 32

Label = Callable[[Node], object]


@dataclass(frozen=True)
class Piece:
    """A term with its sign, a factor, or an argument, and how often it stands there."""

    node: Node
    sign: int = 1
    count: int = 1


@dataclass(frozen=True)
class Operation:
    """A node as it counts: its kind, the number that its bag holds, and its other pieces."""

    kind: str
    number: str
    pieces: tuple[Piece, ...]


class Flat:
    """The operations of a graph, sums and products flat."""

    def __init__(self, graph: Graph) -> None:
        self._same: dict[int, Node] = {}
        self._operations: dict[int, Operation] = {}
        self._first: dict[object, Node] = {}
        for n in graph.nodes:
            self._add(n)

    def node(self, n: Node) -> Node:
        """The node that this one is, where it has one piece, or differs by its order alone."""
        return self._same.get(id(n), n)

    def of(self, n: Node) -> Operation:
        """The operation of a node."""
        return self._operations[id(n)]

    def _add(self, n: Node) -> None:
        kind = _KINDS.get(n.op)
        if kind is None:
            pieces = tuple(Piece(self.node(a)) for a in n.args)
            self._keep(n, Operation(n.op, "", pieces))
            return
        number, pieces = _gathered(kind, self._bag(n, kind))
        if not number and len(pieces) == 1 and (pieces[0].sign, pieces[0].count) == (1, 1):
            self._be(n, pieces[0].node)
        else:
            self._keep(n, Operation(kind, number, pieces))

    def _keep(self, n: Node, operation: Operation) -> None:
        """Equal operations are one: `f + i` and `i + f`, which the graph holds apart."""
        pieces: list[object] = [(id(p.node), p.sign, p.count) for p in operation.pieces]
        same_order = operation.kind not in COMMUTATIVE
        attrs = () if operation.kind in (SUM, PRODUCT) else n.attrs
        key = (
            operation.kind,
            attrs,
            n.type,
            operation.number,
            tuple(pieces) if same_order else frozenset(Counter(pieces).items()),
        )
        first = self._first.setdefault(key, n)
        if first is n:
            self._operations[id(n)] = operation
        else:
            self._be(n, first)

    def _be(self, n: Node, other: Node) -> None:
        self._same[id(n)] = other
        self._operations[id(n)] = self._operations[id(other)]

    def _bag(self, n: Node, kind: str) -> Iterable[Piece]:
        """The pieces of a sum or product, those of its own sums or products among them."""
        for i, a in enumerate(map(self.node, n.args)):
            sign = -1 if n.op == "neg" or (n.op == "sub" and i == 1) else 1
            inner = self._operations[id(a)]
            if inner.kind != kind or len(inner.pieces) > MOST_PIECES:
                yield Piece(a, sign)
                continue
            yield from (Piece(p.node, sign * p.sign, p.count) for p in inner.pieces)
            if inner.number:
                yield Piece(_number_node(a, inner.number), sign)


def _number_node(like: Node, number: str) -> Node:
    return Node("number", (), (float(number),), like.type)


def _gathered(kind: str, bag: Iterable[Piece]) -> tuple[str, tuple[Piece, ...]]:
    """Equal pieces counted, numbers made one; its digits end before rounding shows."""
    numbers: list[float] = []
    counts: Counter[tuple[int, int]] = Counter()
    nodes: dict[int, Node] = {}
    for p in bag:
        known = value(p.node)
        if known is not None:
            numbers += [p.sign * known] * min(p.count, 2)
        else:
            nodes[id(p.node)] = p.node
            counts[id(p.node), p.sign] += p.count
    pieces = tuple(Piece(nodes[i], sign, count) for (i, sign), count in counts.items())
    return _total(kind, sorted(numbers)), pieces


def _total(kind: str, numbers: list[float]) -> str:
    total = sum(numbers) if kind == SUM else math.prod(numbers)
    return "" if total == (0 if kind == SUM else 1) else f"{total:.12g}"


def ordered(flat: Flat, n: Node, colours: Mapping[int, str]) -> list[Piece]:
    """The pieces of a node; where their order says nothing, in the order of their colours."""
    operation = flat.of(n)
    pieces = list(operation.pieces)
    if operation.kind in COMMUTATIVE:
        pieces.sort(key=lambda p: (colours[id(p.node)], p.sign, p.count))
    return pieces


def live(flat: Flat, roots: Iterable[Node]) -> list[Node]:
    """The nodes that count, each after its pieces."""
    order: dict[int, Node] = {}
    stack = [flat.node(r) for r in roots]
    while stack:
        n = stack[-1]
        below = [p.node for p in flat.of(n).pieces if id(p.node) not in order]
        if id(n) in order or not below:
            order.setdefault(id(n), stack.pop())
        else:
            stack += below
    return list(order.values())


def colour(graph: Graph, flat: Flat, label: Label) -> dict[int, str]:
    """A colour for each node, from all that it reads and all that reads it.

    Weisfeiler & Leman 1968. What the colours do not tell apart is, but for rare graphs, the same.

    Args:
        graph: the cell.
        flat: its operations.
        label: what a node is by itself, without names.
    """
    nodes = live(flat, [graph.output, *(s.next for s in graph.states)])
    colours = {id(n): short(label(n)) for n in nodes}
    for _ in range(_MOST_ROUNDS):
        before = len(set(colours.values()))
        colours = _downward(graph, flat, nodes, _upward(flat, nodes, colours))
        if len(set(colours.values())) == before:
            break
    return colours


def short(content: object) -> str:
    """A digest that is the same on every machine."""
    return hashlib.blake2b(repr(content).encode(), digest_size=8).hexdigest()


def _upward(flat: Flat, nodes: list[Node], own: dict[int, str]) -> dict[int, str]:
    new: dict[int, str] = {}
    for n in nodes:
        operation = flat.of(n)
        parts = [(p.sign, p.count, new[id(p.node)]) for p in ordered(flat, n, new)]
        new[id(n)] = short((own[id(n)], operation.kind, operation.number, parts))
    return new


def _downward(graph: Graph, flat: Flat, nodes: list[Node], up: dict[int, str]) -> dict[int, str]:
    """Each node learns who reads it and where; what a state becomes is read by the state."""
    readers: dict[int, list[object]] = {id(n): [] for n in nodes}
    readers[id(flat.node(graph.output))].append("output")
    states = {str(n.attrs[0]): n for n in nodes if n.op == "state"}
    for s in graph.states:
        following = up[id(states[s.name])] if s.name in states else "unread"
        readers[id(flat.node(s.next))].append(("state", following))
    new: dict[int, str] = {}
    for n in reversed(nodes):
        new[id(n)] = short((up[id(n)], sorted(map(repr, readers[id(n)]))))
        commutes = flat.of(n).kind in COMMUTATIVE
        for i, p in enumerate(flat.of(n).pieces):
            place = 0 if commutes else i
            readers[id(p.node)].append((new[id(n)], place, p.sign, p.count))
    for s in graph.states:
        if s.name in states:
            i = id(states[s.name])
            new[i] = short((new[i], up[id(flat.node(s.next))]))
    return new
