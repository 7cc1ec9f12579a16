"""Within which ends every equation and state of a cell stays, at every step.

Interval analysis (Moore 1966), with the states' intervals as a fixed point (Cousot & Cousot 1977).
What is found holds in exact arithmetic; that nothing narrower holds is not claimed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from cellsearch.derive.ranges.interval import Interval
from cellsearch.derive.ranges.known import Known
from cellsearch.derive.ranges.starts import start
from cellsearch.derive.ranges.values import Intervals
from cellsearch.ir import Graph

States = dict[str, Interval]
Step = Callable[[States], States]

# An end that moves less is moved by rounding.
_NOTHING = 1e-13
# Steps before it is said where an end goes to, and steps in which ends are drawn in again.
_STEPS, _NARROWINGS = 4, 2
# What an end is put beyond its limit, where the limit itself is not met for rounding.
_SLACKS = (0.0, 1e-8)


def ranges(graph: Graph, sizes: Mapping[str, int] | None = None) -> dict[str, Interval]:
    """The interval of each state (`h`) and equation (`z`, `h'`), for all weights and inputs.

    Args:
        graph: the cell.
        sizes: H, X and the widths of further inputs, as `graph.sizes` gives them; without them,
            whatever they are.
    """
    return of_known(Known(graph, sizes))


def of_known(known: Known) -> dict[str, Interval]:
    """The same, where weights and inputs are limited."""
    graph, intervals = known.graph, Intervals(known)
    first = {s.name: start(s.start, known) for s in graph.states}

    def step(states: States) -> States:
        values = intervals(states)
        return {s.name: first[s.name].hull(values[id(s.next)]) for s in graph.states}

    states = _kept(step, first)
    values = intervals(states)
    return states | {name: values[id(n)] for name, n in graph.equations.items()}


def _kept(step: Step, first: States) -> States:
    """Intervals that no step leaves."""
    seen = [first]
    for _ in range(_STEPS + len(first)):
        seen.append({s: seen[-1][s].hull(new) for s, new in step(seen[-1]).items()})
        if seen[-1] == seen[-2]:
            return seen[-1]
    states = _settled(step, seen)
    for _ in range(_NARROWINGS):
        states = {s: states[s].meet(new) for s, new in step(states).items()}
    return states


def _settled(step: Step, seen: list[States]) -> States:
    for slack in _SLACKS:
        states = {s: _limit([past[s] for past in seen[-3:]], slack) for s in seen[0]}
        if _within(step(states), states):
            return states
    while not _within(new := step(states), states):
        states = {s: _widened(states[s], new[s]) for s in states}
    return states


def _limit(past: list[Interval], slack: float) -> Interval:
    """Where the ends go to if each step is a like part of the last one, as that of h / 2 + 1 is."""
    last = past[-1]
    low, high = -_end([-i.low for i in past], slack), _end([i.high for i in past], slack)
    return Interval(low, high, last.above and low == last.low, last.below and high == last.high)


def _end(past: list[float], slack: float) -> float:
    a, b, c = past
    if not math.isfinite(c) or c - b <= _NOTHING * max(1.0, abs(c)):
        return c
    part = (c - b) / (b - a) if b > a else math.inf
    # Closer to 1, rounding would tell whether there is a limit.
    if part > 0.999:
        return math.inf
    limit = float(f"{c + (c - b) * part / (1 - part):.9g}")
    return limit + slack * abs(limit)


def _within(new: States, old: States) -> bool:
    return all(_widened(old[s], new[s]) == old[s] for s in old)


def _widened(old: Interval, new: Interval) -> Interval:
    """The old one, with an end that does not hold put as far as can be."""
    low, above = _held((-old.low, old.above), (-new.low, new.above))
    high, below = _held((old.high, old.below), (new.high, new.below))
    return Interval(-low, high, above, below)


def _held(old: tuple[float, bool], new: tuple[float, bool]) -> tuple[float, bool]:
    """An upper end that holds both."""
    if new[0] > old[0]:
        return math.inf, True
    return old[0], old[1] and (new[1] or new[0] < old[0])
