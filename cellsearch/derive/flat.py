"""A graph with its sums and products laid flat, and colours that tell its nodes apart by no name.

`a + (b - c)` and `b + a - c` are one bag of signed terms; what stays of the order in which they
were written is nothing.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from cellsearch.ir import Graph, Node
from cellsearch.ir.build import UNITWISE, value

SUM, PRODUCT = "sum", "product"
_KINDS = {"add": SUM, "sub": SUM, "neg": SUM, "mul": PRODUCT}
COMMUTATIVE = frozenset({SUM, PRODUCT, "min", "max"})
# A bag of more pieces is left as it stands: chains of thousands of sums would fill the memory.
MOST_PIECES = 500
# Colours are refined until no more can be told apart, which takes a few rounds.
_MOST_ROUNDS = 32

Label = Callable[[Node], str]


class Piece(NamedTuple):
    """A term with its sign, a factor, or an argument, and how often it stands there."""

    node: Node
    sign: int = 1
    times: int = 1


class Operation(NamedTuple):
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
        if not number and len(pieces) == 1 and pieces[0][1:] == (1, 1):
            self._be(n, pieces[0].node)
        else:
            self._keep(n, Operation(kind, number, pieces))

    def _keep(self, n: Node, operation: Operation) -> None:
        """Equal operations are one: `f + i` and `i + f`, which the graph holds apart."""
        kind, number, pieces = operation
        attrs = () if kind in (SUM, PRODUCT) else n.attrs
        # No piece stands twice in a bag, unless it is all of it.
        bag = frozenset(pieces) if kind in COMMUTATIVE else pieces
        # What goes unit by unit has the type of its pieces.
        key = (kind, attrs, None if n.op in UNITWISE else n.type, number, bag)
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
            yield from (Piece(p.node, sign * p.sign, p.times) for p in inner.pieces)
            if inner.number:
                yield Piece(_number_node(a, inner.number), sign)


def _number_node(like: Node, number: str) -> Node:
    return Node("number", (), (float(number),), like.type)


def _gathered(kind: str, bag: Iterable[Piece]) -> tuple[str, tuple[Piece, ...]]:
    """Equal pieces counted, numbers made one; its digits end before rounding shows."""
    numbers: list[float] = []
    times: dict[tuple[Node, int], int] = {}
    for p in bag:
        known = value(p.node) if p.node.op in ("number", "expand") else None
        if known is not None:
            numbers += [p.sign * known] * min(p.times, 2)
        else:
            key = p.node, p.sign
            times[key] = times.get(key, 0) + p.times
    return _total(kind, sorted(numbers)), tuple([Piece(*key, n) for key, n in times.items()])


def _total(kind: str, numbers: list[float]) -> str:
    total = sum(numbers) if kind == SUM else math.prod(numbers)
    return "" if total == (0 if kind == SUM else 1) else f"{total:.12g}"


def ordered(flat: Flat, n: Node, colours: Mapping[int, str]) -> list[Piece]:
    """The pieces of a node; where their order says nothing, in the order of their colours."""
    operation = flat.of(n)
    pieces = list(operation.pieces)
    if operation.kind in COMMUTATIVE:
        pieces.sort(key=lambda p: (colours[id(p.node)], p.sign, p.times))
    return pieces


def live(graph: Graph, flat: Flat) -> list[Node]:
    """The nodes that count, each after its pieces."""
    seen: set[int] = set()
    stack = [flat.node(r) for r in (graph.output, *(s.next for s in graph.states))]
    while stack:
        n = stack.pop()
        if id(n) not in seen:
            seen.add(id(n))
            stack += [p.node for p in flat.of(n).pieces]
    return [n for n in graph.nodes if id(n) in seen]


def colour(graph: Graph, flat: Flat, label: Label) -> dict[int, str]:
    """A colour for each node, from all that it reads and all that reads it.

    Weisfeiler & Leman 1968. What the colours do not tell apart is, but for rare graphs, the same.

    Args:
        graph: the cell.
        flat: its operations.
        label: what a node is by itself, without names.
    """
    nodes = live(graph, flat)
    rounds = _Rounds(graph, flat, nodes)
    colours = [short(label(n)) for n in nodes]
    classes = 0
    for _ in range(_MOST_ROUNDS):
        found = len(set(colours))
        if found in (classes, len(nodes)):
            break
        classes = found
        colours = rounds.downward(rounds.upward(colours))
    return {id(n): c for n, c in zip(nodes, colours, strict=True)}


def short(content: str) -> str:
    """A digest that is the same on every machine."""
    return hashlib.blake2b(content.encode(), digest_size=8).hexdigest()


class _Reads(NamedTuple):
    """What a node reads, by places, with the texts around the colours that are put in."""

    commutes: bool
    head: str
    # Of each piece its place, and a text: its argument where that counts, sign, how often.
    pieces: list[tuple[int, str]]


class _Rounds:
    """A round of refinement goes up and down; nodes are known by their places.

    What a node learns is a text, put together here: it is the most that a hash does.
    """

    def __init__(self, graph: Graph, flat: Flat, nodes: list[Node]) -> None:
        places = {id(n): i for i, n in enumerate(nodes)}
        self.reads = [_reads(flat.of(n), places) for n in nodes]
        self.output = places[id(flat.node(graph.output))]
        named = {str(n.attrs[0]): i for i, n in enumerate(nodes) if n.op == "state"}
        # Each state, None where nothing reads it, and its new value.
        self.states = [(named.get(s.name), places[id(flat.node(s.next))]) for s in graph.states]

    def upward(self, own: list[str]) -> list[str]:
        """Each node learns what it reads."""
        new: list[str] = []
        for before, (commutes, head, pieces) in zip(own, self.reads, strict=True):
            parts = [f"{new[i]} {told}" for i, told in pieces]
            if commutes:
                parts.sort()
            new.append(short(f"{before} {head} {', '.join(parts)}"))
        return new

    def downward(self, up: list[str]) -> list[str]:
        """Each node learns who reads it and where; what a state becomes is read by the state."""
        readers: list[list[str]] = [[] for _ in up]
        readers[self.output].append("output")
        for state, following in self.states:
            readers[following].append(f"state {'unread' if state is None else up[state]}")
        new = list(up)
        for n in reversed(range(len(up))):
            new[n] = short(f"{up[n]} {', '.join(sorted(readers[n]))}")
            for below, told in self.reads[n].pieces:
                readers[below].append(f"{new[n]} {told}")
        for state, following in self.states:
            if state is not None:
                new[state] = short(f"{new[state]} {up[following]}")
        return new


def _reads(operation: Operation, places: Mapping[int, int]) -> _Reads:
    kind, number, pieces = operation
    commutes = kind in COMMUTATIVE
    told = [
        (places[id(node)], f"{0 if commutes else i} {sign} {times}")
        for i, (node, sign, times) in enumerate(pieces)
    ]
    return _Reads(commutes, f"{kind} {number}", told)
