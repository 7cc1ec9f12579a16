"""Which states nothing keeps: what foretells that a cell may diverge."""

from __future__ import annotations

from collections.abc import Mapping

from cellsearch.derive.ranges.interval import Interval
from cellsearch.derive.ranges.known import Known
from cellsearch.derive.ranges.ranges import of_known
from cellsearch.derive.ranges.values import Intervals
from cellsearch.ir import Graph

# Weights and inputs of a size that no training reaches: what is bounded then is no larger than they
# make it, and what is not goes on growing.
_MOST = 1e6


def unbounded(graph: Graph, sizes: Mapping[str, int]) -> dict[str, str]:
    """The states for which no bound is found even if weights and inputs are limited, and why.

    So `h' = (1 - z) * h + z * (W @ x)` is kept and `c' = f * c + i * g` is not. A state that is
    named here need not grow: no bound follows from the intervals of what it is made of.

    Args:
        graph: the cell.
        sizes: H, X and the widths of further inputs, as `graph.sizes` gives them.
    """
    known = Known(graph, sizes, _MOST)
    found = of_known(known)
    intervals = Intervals(known)
    # A start at -inf is left at the first step.
    grown = (s for s in graph.states if not found.get(f"{s.name}'", found[s.name]).bounded)
    return {s.name: _why(intervals.factor(s, found)) for s in grown}


def _why(kept: Interval | None) -> str:
    """From the factor with which a state stands in its new value."""
    most = 0.0 if kept is None else max(-kept.low, kept.high)
    if kept is None or most < 1:
        return "what it is made of has no bound"
    if most > 1:
        return "it can be multiplied by more than 1"
    if kept.low == 1:
        return "all of it stays when more is added"
    return "nearly all of it can stay when more is added"
