"""Two names for what a cell is.

`authored_hash` keeps the names of the weights, which decide what is drawn and what is stored.
`cell_hash` forgets them: equal cells written with other names, or with their sums and products in
another order, have one hash. Equal hashes mean isomorphic graphs; finer algebra is not looked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from cellsearch.ir import Graph, Node, Weight
from cellsearch.ir.expressions import Expression, Name, Number, rewrite
from cellsearch.ir.starts import source_weight
from cellsearch.ir.types import Type
from cellsearch.ir.widths import NeedsSizesError, number, substitute

AUTHORED, CELL = "a1", "c1"

# Rounds of refinement: how far apart two values may differ to be told apart before numbering.
_ROUNDS = 8
_COMMUTATIVE = frozenset({"add", "mul", "min", "max"})
_NAMED = ("weight", "state", "input")

Label = Callable[[Node], str]


def authored_hash(graph: Graph) -> str:
    """`a1:…`: equal where the equations, weight names, initial values and order of states are."""
    nodes = _Serial(graph, lambda n: str(n.attrs), sort=None)
    states = [(s.name, str(s.type), _start(graph, s.start), nodes.of(s.next)) for s in graph.states]
    weights = sorted(
        (w.name, str(w.type), str(w.form), _start(graph, w.start)) for w in graph.weights.values()
    )
    inputs = [(n, str(t)) for n, t in graph.inputs.items()]
    return _digest(AUTHORED, [inputs, states, weights, nodes.of(graph.output), nodes.lines])


def cell_hash(graph: Graph) -> str:
    """`c1:…`: equal where the cells are, up to names and the order of sums and products."""
    colours = _colours(graph)
    nodes = _Serial(graph, _anonymous, sort=lambda n: colours[id(n)], flatten=True)
    output = nodes.of(graph.output)
    states = _numbered_states(graph, nodes)
    weights = [
        (i, _law(graph, graph.weights[name], nodes.numbers))
        for (op, name), i in nodes.numbers.items()
        if op == "weight" and name in graph.weights
    ]
    needs = sorted(sorted((str(a), str(b))) for a, b in graph.needs)
    return _digest(CELL, [output, states, weights, needs, nodes.lines])


def _digest(scheme: str, content: object) -> str:
    return f"{scheme}:{hashlib.blake2b(repr(content).encode(), digest_size=12).hexdigest()}"


def _short(content: object) -> str:
    return hashlib.blake2b(repr(content).encode(), digest_size=8).hexdigest()


def _type(t: Type) -> str:
    """A type by its sizes' values, so that `P` and `H // 2` are told by what they are."""
    return repr([s.values for s in t.sizes])


def _start(graph: Graph, start: Expression | None) -> str:
    if start is None:
        return ""
    return str(substitute(start, graph.consts))


def _anonymous(n: Node) -> str:
    """A node's attributes without names and without the numbers of noise."""
    if n.op in _NAMED:
        return ""
    if n.op in ("dropout", "zoneout"):
        return str((n.attrs[0], n.attrs[2:]))
    return str(n.attrs)


def _numbered_states(graph: Graph, nodes: _Serial) -> list[object]:
    """The states that the output reaches, in the order in which it does, then the others."""
    out: list[object] = []
    done: set[str] = set()
    while True:
        reached = [name for op, name in nodes.numbers if op == "state" and name not in done]
        if not reached:
            return out
        state = next(s for s in graph.states if s.name == reached[0])
        done.add(state.name)
        start = _law_text(graph, state.start, state.name, nodes.numbers)
        out.append((nodes.numbers["state", state.name], start, nodes.of(state.next)))


def _law(graph: Graph, w: Weight, numbers: dict[tuple[str, str], int]) -> object:
    return (_type(w.type), str(w.form), _law_text(graph, w.start, w.name, numbers))


def _law_text(
    graph: Graph, start: Expression | None, owner: str, numbers: dict[tuple[str, str], int]
) -> str:
    """An initial law with the weights that it reads by number; the default law is ''."""
    vector = owner in graph.weights and graph.weights[owner].type.kind != "matrix"
    if start is None or (start == Number(0) and (vector or owner not in graph.weights)):
        return ""

    def change(e: Expression) -> Expression | None:
        if not isinstance(e, Name):
            return None
        if e.name in graph.consts:
            return _const(graph.consts[e.name])
        source = source_weight(e.name, owner, graph.weights)
        if source is None:
            return None
        return Name(f"w{numbers.get(('weight', source), source)}")

    return str(rewrite(start, change))


def _const(e: Expression) -> Expression:
    try:
        return Number(number(e, {}))
    except NeedsSizesError:
        return e


def _colours(graph: Graph) -> dict[int, str]:
    """A colour for each node that does not depend on names: Weisfeiler & Leman 1968."""
    own = {
        **{("weight", w.name): _short(_law(graph, w, {})) for w in graph.weights.values()},
        **{("state", s.name): _short((_type(s.type), str(s.start))) for s in graph.states},
        **{("input", n): _short((i, _type(t))) for i, (n, t) in enumerate(graph.inputs.items())},
    }
    colours: dict[int, str] = {}
    for _ in range(_ROUNDS):
        colours = _upward(graph, own)
        own = _refined(graph, own, colours)
    return colours


def _upward(graph: Graph, own: dict[tuple[str, str], str]) -> dict[int, str]:
    colours: dict[int, str] = {}
    for n in graph.nodes:
        if n.op in _NAMED:
            colours[id(n)] = own[n.op, str(n.attrs[0])]
            continue
        args = [(sign, colours[id(a)]) for sign, a in _arguments(n)]
        args = sorted(args) if n.op in _COMMUTATIVE or n.op == "sub" else args
        colours[id(n)] = _short((_family(n), _anonymous(n), _type(n.type), args))
    return colours


def _refined(
    graph: Graph, own: dict[tuple[str, str], str], colours: dict[int, str]
) -> dict[tuple[str, str], str]:
    """Weights learn where they are read, states what they become."""
    readers: dict[tuple[str, str], list[str]] = {}
    for n in graph.nodes:
        for a in n.args:
            if a.op in _NAMED:
                readers.setdefault((a.op, str(a.attrs[0])), []).append(colours[id(n)])
    following = {("state", s.name): colours[id(s.next)] for s in graph.states}
    return {
        key: _short((colour, sorted(readers.get(key, [])), following.get(key)))
        for key, colour in own.items()
    }


def _family(n: Node) -> str:
    return "add" if n.op == "sub" else n.op


def _arguments(n: Node) -> Iterable[tuple[int, Node]]:
    """The arguments with signs; nested sums and products are one."""
    if n.op in ("add", "sub"):
        return list(_terms(n, 1))
    if n.op == "mul":
        return [(1, f) for f in _factors(n)]
    return [(1, a) for a in n.args]


def _terms(n: Node, sign: int) -> Iterable[tuple[int, Node]]:
    if n.op in ("add", "sub"):
        yield from _terms(n.args[0], sign)
        yield from _terms(n.args[1], sign if n.op == "add" else -sign)
    elif n.op == "neg":
        yield from _terms(n.args[0], -sign)
    else:
        yield sign, n


def _factors(n: Node) -> Iterable[Node]:
    if n.op == "mul":
        yield from _factors(n.args[0])
        yield from _factors(n.args[1])
    else:
        yield n


class _Serial:
    """Nodes written out once each, names replaced by numbers in the order of the first visit."""

    def __init__(
        self, graph: Graph, label: Label, sort: Label | None, flatten: bool = False
    ) -> None:
        self.graph, self.label, self.sort, self.flatten = graph, label, sort, flatten
        self.lines: list[object] = []
        self.numbers: dict[tuple[str, str], int] = {}
        self._index: dict[int, int] = {}

    def of(self, root: Node) -> int:
        """The number of a node, everything below it written first."""
        stack = [root]
        while stack:
            n = stack[-1]
            if id(n) in self._index:
                stack.pop()
                continue
            waiting = [a for _, a in self._ordered(n) if id(a) not in self._index]
            if waiting:
                stack.append(waiting[0])
            else:
                stack.pop()
                self._write(n)
        return self._index[id(root)]

    def _ordered(self, n: Node) -> list[tuple[int, Node]]:
        if not self.flatten:
            return [(1, a) for a in n.args]
        arguments = list(_arguments(n))
        if self.sort and (n.op in _COMMUTATIVE or n.op == "sub"):
            colour = self.sort
            arguments.sort(key=lambda pair: (colour(pair[1]), pair[0]))
        return arguments

    def _write(self, n: Node) -> None:
        args = [(sign, self._index[id(a)]) for sign, a in self._ordered(n)]
        number_ = -1
        if self.flatten and n.op in _NAMED:
            number_ = self.numbers.setdefault((n.op, str(n.attrs[0])), len(self.numbers))
        op = _family(n) if self.flatten else n.op
        self.lines.append((op, self.label(n), _type(n.type), number_, args))
        self._index[id(n)] = len(self.lines) - 1
