"""The interval of each node of a graph, where those of its states are given."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from cellsearch.derive.ranges.corners import corners, repeats
from cellsearch.derive.ranges.images import image, times
from cellsearch.derive.ranges.interval import ALL, UNIT, Interval, point
from cellsearch.derive.ranges.known import Known
from cellsearch.derive.ranges.polynomials import Atom, Polynomial, Polynomials
from cellsearch.ir import Node, StateValue
from cellsearch.ir.graph import topological
from cellsearch.ir.types import Type

Values = dict[int, Interval]
States = Mapping[str, Interval]


class Intervals:
    """See the module."""

    def __init__(self, known: Known) -> None:
        self.known, graph = known, known.graph
        # An equation that is a number is no live node.
        ends = [graph.output, *(s.next for s in graph.states), *graph.equations.values()]
        order = topological(ends)
        anywhere = dict.fromkeys((s.name for s in graph.states), ALL)
        always: Values = {}
        for n in order:
            always[id(n)] = self._plain(n, always, anywhere)
        self._sums = sums = Polynomials(graph, order, always)
        candidates = (n for n in order if n.op in ("add", "sub", "mul"))
        self._repeated = {id(n): sums[n] for n in candidates if repeats(sums[n])}
        self._found: dict[tuple[object, ...], Interval] = {}
        # What no state changes is found once.
        self._moving = _reading_states(order)
        moving = set(map(id, self._moving))
        self._steady = self._filled((n for n in order if id(n) not in moving), {}, anywhere)

    def __call__(self, states: States) -> Values:
        """The interval of each node, by its id."""
        return self._filled(self._moving, dict(self._steady), states)

    def _filled(self, order: Iterable[Node], values: Values, states: States) -> Values:
        for n in order:
            value = self._plain(n, values, states)
            if id(n) in self._repeated:
                value = value.meet(self._corners(n, values))
            values[id(n)] = value
        return values

    def factor(self, state: StateValue, states: States) -> Interval | None:
        """What a state is multiplied by in its new value; None where it is no factor there."""
        leaves = (n for n in self._moving if n.op == "state" and n.attrs[0] == state.name)
        own = {("node", id(n), 1) for n in leaves}
        p = self._sums[state.next]
        rest = {tuple(a for a in m if a not in own): c for m, c in p.items() if own & {*m}}
        return corners(rest, _atoms(rest, self(states))) if rest else None

    def _corners(self, n: Node, values: Values) -> Interval:
        p = self._repeated[id(n)]
        known = _atoms(p, values)
        # From step to step most of it stays.
        key = (id(n), *known.values())
        if key not in self._found:
            self._found[key] = corners(p, known)
        return self._found[key]

    def _plain(self, n: Node, values: Values, states: States) -> Interval:
        """As if what it reads had nothing in common."""
        if n.op == "state":
            return states[str(n.attrs[0])]
        args = [values[id(a)] for a in n.args]
        reader = _READERS.get(n.op)
        return reader(self.known, n, args) if reader else image(n.op, *args)


def _reading_states(order: Iterable[Node]) -> list[Node]:
    """The nodes that read a state, each after those that it reads."""
    found: dict[int, Node] = {}
    for n in order:
        if n.op == "state" or any(id(a) in found for a in n.args):
            found[id(n)] = n
    return list(found.values())


def _atoms(p: Polynomial, values: Values) -> dict[Atom, Interval]:
    return {a: _atom(a, values) for m in p for a in m}


def _atom(a: Atom, values: Values) -> Interval:
    kind, key, exponent = a
    return UNIT if kind.endswith("share") else _power(values[key], exponent)


def _power(a: Interval, exponent: int) -> Interval:
    if exponent == 1:
        return a
    even = point(1.0)
    for _ in range(exponent // 2):
        even = even * image("square", a)
    return even * a if exponent % 2 else even


def _matmul(known: Known, n: Node, args: list[Interval]) -> Interval:
    filters = n.args[0]
    inner = known.channels(Type(n.args[0].type.sizes[1:]))
    if inner is not None and filters.op == "conv":
        # Around the units stands 0.
        return times(inner * int(filters.attrs[0]) ** 2, args[0] * args[1].hull(point(0.0)))
    return times(inner, args[0] * args[1])


def _sub(known: Known, n: Node, args: list[Interval]) -> Interval:
    """Less one of two of which it is the larger or the smaller, it has a sign."""
    value = image("sub", *args)
    whole, part = n.args
    if part.op in ("min", "max") and whole in part.args:
        sign = Interval(0.0, math.inf, False, True)
        return value.meet(sign if part.op == "min" else -sign)
    return value


def _mul(known: Known, n: Node, args: list[Interval]) -> Interval:
    return image("square", args[0]) if n.args[0] is n.args[1] else image("mul", *args)


def _total(known: Known, n: Node, args: list[Interval]) -> Interval:
    return times(known.units(n.args[0].type), args[0])


def _norm(known: Known, n: Node, args: list[Interval]) -> Interval:
    """A unit that alone is not 0 is largest: sqrt(n - 1) or, where the mean stays, sqrt(n)."""
    units = known.units(n.type)
    if units is None:
        return ALL
    most = math.sqrt(units - 1 if n.op == "layernorm" else units)
    return Interval(-most, most)


def _dropout(known: Known, n: Node, args: list[Interval]) -> Interval:
    """What it is in evaluation, and in training 0 or what keeps the mean."""
    kept = args[0] * point(1 / (1 - float(n.attrs[0])))
    return args[0].hull(kept).hull(point(0.0))


Reader = Callable[[Known, Node, list[Interval]], Interval]


def _same(known: Known, n: Node, args: list[Interval]) -> Interval:
    return args[0]


def _with_zero(known: Known, n: Node, args: list[Interval]) -> Interval:
    return args[0].hull(point(0.0))


def _given(known: Known, n: Node, args: list[Interval]) -> Interval:
    return known.given


def _entries(known: Known, n: Node, args: list[Interval]) -> Interval:
    """Products of an entry of each."""
    return args[0] * args[1]


_READERS: dict[str, Reader] = {
    "input": _given,
    "weight": _given,
    "const": lambda known, n, a: known.name(str(n.attrs[0])),
    "number": lambda known, n, a: point(float(n.attrs[0])),
    "identity": lambda known, n, a: UNIT,
    "zeros": lambda known, n, a: point(0.0),
    "sub": _sub,
    "mul": _mul,
    "matmul": _matmul,
    **dict.fromkeys(("transpose", "conv", "expand", "squeeze", "mean"), _same),
    **dict.fromkeys(("diag", "block"), _with_zero),
    **dict.fromkeys(("outer", "scale_rows", "scale_columns"), _entries),
    "sum": _total,
    **dict.fromkeys(("layernorm", "rmsnorm"), _norm),
    "dropout": _dropout,
    "zoneout": lambda known, n, args: args[0].hull(args[1]),
}
