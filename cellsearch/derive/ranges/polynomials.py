"""Sums and products of a graph as polynomials over what they are made of.

An interpolation `(1 - z) * a + z * b` reads z twice, which arithmetic on intervals forgets. As a
polynomial it is known to be linear in each of its atoms, so that its ends lie in corners.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cellsearch.derive.ranges.interval import Interval
from cellsearch.ir import Graph, Node

# `node` or `share` (a number from 0 to 1: see below), which in a matrix is the same in each column
# (`row node`) or row (`column node`); the id of a node; an exponent.
Atom = tuple[str, int, int]
Monomial = tuple[Atom, ...]
Polynomial = Mapping[Monomial, float]

# The corners of a polynomial are 2 to the number of its atoms.
_MOST_ATOMS, _MOST_TERMS = 8, 48
_SAME = frozenset({"expand", "squeeze"})


class Polynomials:
    """The polynomial of each node; a value that is too large is made of its equations' values.

    Args:
        graph: the cell.
        order: its nodes, each after those that it reads.
        always: what is known of each node, by its id, whatever the states are.
    """

    def __init__(self, graph: Graph, order: Iterable[Node], always: Mapping[int, Interval]) -> None:
        self._named = {id(n) for n in graph.equations.values()}
        self._always = always
        self._wide: dict[int, Polynomial] = {}
        self._local: dict[int, Polynomial] = {}
        for n in order:
            own = self._of(n, [self._local_of(a) for a in n.args])
            self._local[id(n)] = _one(n) if own is None else own
            wide = self._of(n, [self._wide[id(a)] for a in n.args])
            self._wide[id(n)] = self._local[id(n)] if wide is None else wide

    def __getitem__(self, n: Node) -> Polynomial:
        return self._wide[id(n)]

    def _local_of(self, n: Node) -> Polynomial:
        return _one(n) if id(n) in self._named else self._local[id(n)]

    def _of(self, n: Node, args: list[Polynomial]) -> Polynomial | None:
        """None where it is too large."""
        match n.op:
            case "number":
                return {(): float(n.attrs[0])} if n.attrs[0] else {}
            case "add":
                return _sum(args[0], args[1], 1.0)
            case "sub":
                return _sum(args[0], args[1], -1.0)
            case "neg":
                return _sum({}, args[0], -1.0)
            case "mul":
                return _product(*args)
            case "scale_rows":
                return _product(_spread(args[0], "row"), args[1])
            case "scale_columns":
                return _product(args[0], _spread(args[1], "column"))
            case "outer":
                return _product(_spread(args[0], "row"), _spread(args[1], "column"))
            case "div":
                return self._quotient(n, *args)
            case "min":
                return self._smaller(n, *args)
        return args[0] if n.op in _SAME else _one(n)

    def _quotient(self, n: Node, over: Polynomial, under: Polynomial) -> Polynomial | None:
        """Divided by a number; of `a / (a + b)` and `b / (a + b)` the two make 1."""
        if list(under) == [()]:
            return _product(over, {(): 1 / under[()]})
        over_node, under_node = n.args
        if under_node.op == "add" and over_node in under_node.args and self._positive(under_node):
            share: Polynomial = {(("share", id(under_node), 1),): 1.0}
            return share if over_node is under_node.args[0] else _sum({(): 1.0}, share, -1.0)
        return _one(n)

    def _smaller(self, n: Node, a: Polynomial, b: Polynomial) -> Polynomial | None:
        """Of two that are not negative, the smaller is a share of the one that is a sum."""
        if not self._positive(n):
            return _one(n)
        return _product(a if len(a) > 1 else b, {(("share", id(n), 1),): 1.0})

    def _positive(self, n: Node) -> bool:
        return all(self._always[id(a)].low >= 0 for a in n.args)


def _one(n: Node) -> Polynomial:
    return {(("node", id(n), 1),): 1.0}


def _spread(p: Polynomial, over: str) -> Polynomial:
    """A vector as a matrix."""
    return {
        tuple(sorted((f"{over} {kind}", key, r) for kind, key, r in m)): c for m, c in p.items()
    }


def _sum(p: Polynomial, q: Polynomial, factor: float) -> Polynomial | None:
    total = dict(p)
    for m, c in q.items():
        total[m] = total.get(m, 0.0) + factor * c
    return _within(total)


def _product(p: Polynomial, q: Polynomial) -> Polynomial | None:
    if len(p) * len(q) > _MOST_TERMS:
        return None
    total: dict[Monomial, float] = {}
    for m, c in p.items():
        for k, e in q.items():
            key = _times(m, k)
            total[key] = total.get(key, 0.0) + c * e
    return _within(total)


def _within(total: dict[Monomial, float]) -> Polynomial | None:
    if len(total) > _MOST_TERMS or len({a for m in total for a in m}) > _MOST_ATOMS:
        return None
    return {m: c for m, c in total.items() if c}


def _times(m: Monomial, k: Monomial) -> Monomial:
    powers = {(kind, key): r for kind, key, r in m}
    for kind, key, r in k:
        powers[kind, key] = powers.get((kind, key), 0) + r
    return tuple(sorted((kind, key, r) for (kind, key), r in powers.items()))
