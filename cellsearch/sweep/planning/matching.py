"""Widths at which cells cost the same.

The input of the first layer is equally wide for all: `model.embedding`, or the base's hidden
width where that is left out. What is solved for is a variant's hidden width, a whole number, so
the costs come near each other and not together; what is left is reported.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cellsearch.config import MatchConfig, ModelConfig
from cellsearch.derive.model_cost import ModelCost, count_model
from cellsearch.errors import ConfigError, LanguageError
from cellsearch.ir import Cell, Graph, elaborate
from cellsearch.ir.starts import starting_uniform

# A cell costs more than another by at most so much, or they are not called matched.
TOLERANCE = 0.05
# Widths that a cell may refuse one after the other (heads that do not divide it, say).
_GAP = 64
_WIDEST = 1 << 20


def elaborated(cell: Cell, model: ModelConfig) -> Graph:
    """The cell's graph as a model has it: its sizes, on which rounds may depend, and its start."""
    graph = elaborate(cell, {"H": model.hidden, "X": model.embedding or model.hidden})
    return graph if model.init is None else starting_uniform(graph, model.init)


def cost_of(cell: Cell, model: ModelConfig, vocabulary: int) -> ModelCost:
    """Counted cost of a model of this cell."""
    return count_model(elaborated(cell, model), model, vocabulary)


def compared(cost: ModelCost, match: MatchConfig) -> int:
    """The number that a sweep holds equal: parameters or FLOPs, of the cells or of all."""
    if match.by == "flops":
        return cost.cells.flops_forward if match.of == "cell" else cost.flops_forward
    return cost.cells.parameters if match.of == "cell" else cost.parameters


def matched_width(
    name: str, cell: Cell, model: ModelConfig, vocabulary: int, match: MatchConfig, target: int
) -> int:
    """The hidden width at which a variant costs most nearly `target`.

    Raises:
        ConfigError: no width comes within 5%, or the cell can have no other width.
    """
    if match.by == "hidden":
        return model.hidden
    search = _Search(cell, model, vocabulary, match)
    hidden = search.nearest(target)
    if hidden is None:
        raise ConfigError(f"variant '{name}' cannot be matched by {match.by}: {search.refused}")
    got = search.cost(hidden) or 0
    if abs(got - target) > TOLERANCE * target:
        raise ConfigError(
            f"variant '{name}' cannot be matched by {match.by} of the {match.of}: at H = {hidden} "
            f"it has {got:,}, the base {target:,}; expected within {TOLERANCE:.0%}"
        )
    return hidden


@dataclass
class _Search:
    """The cost of one cell over its widths: it grows with them, where they are possible."""

    cell: Cell
    model: ModelConfig
    vocabulary: int
    match: MatchConfig
    refused: str = ""
    _known: dict[int, int | None] = field(default_factory=dict)

    def cost(self, hidden: int) -> int | None:
        """What is compared, or None where the cell cannot have this width."""
        if hidden not in self._known:
            self._known[hidden] = self._count(hidden)
        return self._known[hidden]

    def nearest(self, target: int) -> int | None:
        """The width whose cost is nearest; of two that are equally near the smaller."""
        above = self._reaching(target)
        below = self._possible(range(above - 1, max(above - 1 - _GAP, 0), -1))
        found = [h for h in (below, self._possible(range(above, above + _GAP))) if h is not None]
        return min(found, key=lambda h: abs((self.cost(h) or 0) - target), default=None)

    def _reaching(self, target: int) -> int:
        """The smallest width from which on the cost is `target` or more, by bisection."""
        low, high = 0, 1
        while high < _WIDEST and not self._reaches(high, target):
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._reaches(middle, target) else (middle, high)
        return high

    def _reaches(self, hidden: int, target: int) -> bool:
        possible = self._possible(range(hidden, hidden + _GAP))
        return possible is not None and (self.cost(possible) or 0) >= target

    def _possible(self, widths: range) -> int | None:
        return next((h for h in widths if self.cost(h) is not None), None)

    def _count(self, hidden: int) -> int | None:
        model = self.model.model_copy(update={"hidden": hidden})
        try:
            return compared(cost_of(self.cell, model, self.vocabulary), self.match)
        except LanguageError as error:
            self.refused = error.message
            return None
