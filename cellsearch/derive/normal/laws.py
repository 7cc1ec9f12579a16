"""What weights and states start as, without names, and what a sign does to it."""

from __future__ import annotations

from dataclasses import dataclass

from cellsearch.errors import LanguageError
from cellsearch.ir import Graph
from cellsearch.ir.expressions import Call, Expression, Name, Negative, Number, rewrite, walk
from cellsearch.ir.starts import source_weight
from cellsearch.ir.widths import number


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

    def _made(self, start: Expression, owner: str, zero_told: bool) -> Law:
        key = (owner, zero_told)
        if key not in self._known:
            self._known[key] = self._law(start, owner, zero_told)
        return self._known[key]

    def _law(self, start: Expression, owner: str, zero_told: bool) -> Law:
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
            text = f"{abs(e.value):.12g}" if e.value or zero_told else ""
            return Law(text, sign=(e.value > 0) - (e.value < 0))
        return Law(str(e), tuple(reads), 0 if _symmetric(e) else None)


def _symmetric(e: Expression) -> bool:
    """Whether a law is its own mirror: normal, orthogonal, uniform(-a, a)."""
    match e:
        case Name(name="orthogonal") | Call(function="normal"):
            return True
        case Call(function="uniform", items=(low, high)):
            return _closed(Negative(low)) == _closed(high)
    return False


def _closed(e: Expression) -> Expression:
    """Every part that is a number whatever H and X are, as one."""

    def change(part: Expression) -> Expression | None:
        if any(isinstance(x, Name) for x in walk(part)):
            return None
        try:
            return Number(number(part, {}))
        except LanguageError:
            return None

    return rewrite(e, change)
