"""Sizes and types as texts without names."""

from __future__ import annotations

from collections.abc import Iterable

from cellsearch.ir import Graph
from cellsearch.ir.expressions import Expression, Name
from cellsearch.ir.types import Type
from cellsearch.ir.widths import ONE, H, Size, X, sampled, substitute

_COMMON = {H: "H", X: "X", ONE: "1"}


class Sizes:
    """Tells the sizes of a graph by their values; those of further inputs by their places."""

    def __init__(self, graph: Graph) -> None:
        others = list(graph.inputs)[1:]
        self._places: dict[str, Expression] = {
            f"X.{n}": Name(f"X.{i}") for i, n in enumerate(others, 1)
        }
        self._known = dict(_COMMON)

    def text(self, s: Size) -> str:
        """One size."""
        known = self._known.get(s)
        if known is None:
            told = Size.of(substitute(s.expression, self._places)) if self._places else s
            known = self._known[s] = str(told.told)
        return known

    def type(self, t: Type) -> str:
        """A type."""
        return ",".join(map(self.text, t.sizes))

    def value(self, e: Expression) -> float | str:
        """A const: the number that it is, or what tells it from others that depend on sizes."""
        values = sampled(substitute(e, self._places))
        if len(set(values)) == 1:
            return values[0]
        return " ".join(f"{v:.12g}" for v in values)

    def needs(self, pairs: Iterable[tuple[Size, Size]]) -> list[list[str]]:
        """What has to be equal, in an order that follows from the sizes alone."""
        return sorted(sorted((self.text(a), self.text(b))) for a, b in pairs)
