"""What weights and states start as, without names, and what a sign does to it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cellsearch.errors import LanguageError
from cellsearch.ir import Graph
from cellsearch.ir.expressions import Call, Expression, Name, Number, rewrite, walk
from cellsearch.ir.starts import source_weight
from cellsearch.ir.widths import number, sampled


@dataclass(frozen=True)
class Law:
    """An initial law.

    Attributes:
        text: without names and, if it is a number, without its sign. The default is ''.
        reads: the weights that it reads, in the order in which it does.
        sign: -1 for a negative number, 1 for a positive one, 0 where negation changes nothing,
            None where the negated weight would have a law that is told otherwise.
    """

    text: str = ""
    reads: tuple[str, ...] = ()
    sign: int | None = 0


DEFAULT = Law()
# Of a matrix: uniform(-1/sqrt(H), 1/sqrt(H)).
_DEFAULT_HALF_WIDTH = tuple(float(f"{1 / math.sqrt(h):.12g}") for h in sampled(Name("H")))


class Laws:
    """The laws of a graph's weights and states."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._starts = {w.name: w.start for w in graph.weights.values()}
        self._states = {s.name: s.start for s in graph.states}
        self._known: dict[tuple[str, bool], Law] = {}

    def of_weight(self, name: str) -> Law:
        """The law of a weight."""
        start = self._starts[name]
        matrix = self._graph.weights[name].type.kind == "matrix"
        return DEFAULT if start is None else self._made(start, name, matrix)

    def of_state(self, name: str) -> Law:
        """What a state is before the first step; one that is learned reads its weight."""
        start = self._states[name]
        return DEFAULT if start is None else self._made(start, name, False)

    def _made(self, start: Expression, owner: str, matrix: bool) -> Law:
        key = (owner, matrix)
        if key not in self._known:
            self._known[key] = self._law(start, owner, matrix)
        return self._known[key]

    def _law(self, start: Expression, owner: str, matrix: bool) -> Law:
        reads: list[str] = []

        def change(e: Expression) -> Expression | None:
            if not isinstance(e, Name):
                return None
            if e.name in self._graph.consts:
                return self._graph.consts[e.name]
            source = source_weight(e.name, owner, self._graph.weights)
            if source is None:
                return None
            if source not in reads:
                reads.append(source)
            return Name(f"w{reads.index(source)}")

        e = _closed(rewrite(start, change))
        if isinstance(e, Number):
            # What is no matrix starts at 0 by default.
            text = f"{abs(e.value):.12g}" if e.value or matrix else ""
            return Law(text, sign=(e.value > 0) - (e.value < 0))
        half = _half_width(e)
        if half is not None:
            return DEFAULT if matrix and half == _DEFAULT_HALF_WIDTH else Law(f"uniform {half}")
        # These are their own mirrors, too.
        symmetric = e == Name("orthogonal") or (isinstance(e, Call) and e.function == "normal")
        return Law(str(e), tuple(reads), 0 if symmetric else None)


def _half_width(e: Expression) -> tuple[float, ...] | None:
    """Of uniform(-a, a), a at many sizes."""
    if not (isinstance(e, Call) and e.function == "uniform"):
        return None
    try:
        low, high = map(sampled, e.items)
    except LanguageError:
        return None
    same = all(math.isclose(-p, q, rel_tol=1e-12) for p, q in zip(low, high, strict=True))
    return tuple(float(f"{q:.12g}") for q in high) if same else None


def _closed(e: Expression) -> Expression:
    """Every part that is a number whatever H and X are, as one."""

    def change(part: Expression) -> Expression | None:
        if any(isinstance(x, Name) and x.name != "inf" for x in walk(part)):
            return None
        try:
            return Number(number(part, {}))
        except LanguageError:
            return None

    return rewrite(e, change)
