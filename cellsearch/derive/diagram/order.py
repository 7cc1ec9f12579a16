"""The order in each column, with few crossings: sweeps by the mean place of neighbours.

Sugiyama, Tagawa and Toda 1981. States stay in their order at both edges, what enters from below
stays below, what leaves above stays above.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from itertools import product

from cellsearch.derive.diagram.figure import Figure
from cellsearch.derive.diagram.grid import Grid, Spot

_SWEEPS, _PATIENCE = 12, 4
Columns = list[list[Spot]]


def orders(figure: Figure, grid: Grid) -> Iterator[Columns]:
    """Good orders of the columns: one for each way to begin."""
    states = [a for a, _ in figure.rails]
    leaves = {k for k, item in enumerate(figure.items) if item.kind in ("input", "state")}
    lows = [leaves - figure.carried, set[int]()]
    # The header's first state is drawn lowest, as papers do, unless another order is better.
    usual = sorted(states, key=lambda s: (_is_memory(figure, s), -s))
    seats = [(usual, False), (states, False), (usual, True)][: len(states)]
    found = (_Sweeps(figure, grid, s, low, free).run() for low, (s, free) in product(lows, seats))
    yield from {tuple(map(tuple, columns)): columns for columns in found}.values()


def _is_memory(figure: Figure, state: int) -> bool:
    """Whether a state is what is remembered of an input, which comes from below."""
    (inlet,) = figure.items[dict(figure.rails)[state]].inlets
    return figure.items[inlet.source].kind == "input"


class _Sweeps:
    def __init__(
        self, figure: Figure, grid: Grid, seats: list[int], low: set[int], is_free: bool
    ) -> None:
        self.figure, self.grid, self.low, self.is_free = figure, grid, low, is_free
        self.seat = {s: k for k, s in enumerate(seats)}
        self.seat.update({b: self.seat[a] for a, b in figure.rails})
        self.columns = [sorted(c, key=self._level) for c in grid.columns]

    def _level(self, spot: Spot) -> tuple[int, int]:
        """Above all, between, or below all; states at an edge by their seat."""
        kind = self.figure.items[spot.net].kind
        if spot.passes and spot.net in self.low:
            return 1, self._home(spot)
        if spot.passes or kind not in ("input", "output", "state", "new state"):
            return 0, self._home(spot)
        return {"output": -1, "input": 1}.get(kind, 0), self.seat.get(spot.net, 0)

    def _home(self, spot: Spot) -> int:
        """Where a line begins to be sorted: those of states at their seats."""
        return self.seat.get(spot.net, len(self.seat) - 1)

    def run(self) -> Columns:
        best = self.crossings(), [list(c) for c in self.columns]
        since = 0
        for k in range(_SWEEPS):
            self._sweep(right=k % 2 == 0)
            self._swap()
            if self.is_free:
                self._reseat()
            now = self.crossings()
            since += 1
            if now < best[0]:
                best, since = (now, [list(c) for c in self.columns]), 0
            if since == _PATIENCE:
                break
        return best[1]

    def _sweep(self, right: bool) -> None:
        ranks = range(1, len(self.columns) - 1)
        for rank in ranks if right else reversed(ranks):
            near = self._neighbours(rank, -1 if right else 1)
            column = self.columns[rank]
            scale = max(len(self.columns[rank - 1 if right else rank + 1]) - 1, 1)
            own = {s: k / max(len(column) - 1, 1) for k, s in enumerate(column)}
            mean = {s: sum(n) / len(n) / scale if n else own[s] for s, n in near.items()}
            level = {s: self._level(s)[0] for s in column}
            column[:] = sorted(column, key=_by(level, mean))

    def _reseat(self) -> None:
        """States take the order of what they are joined with."""
        first, last = 0, len(self.columns) - 1
        right, left = self._neighbours(first, 1), self._neighbours(last, -1)
        wide, deep = len(self.columns[1]), len(self.columns[last - 1])

        def level(rail: tuple[int, int]) -> float:
            a, b = right[Spot(first, rail[0])], left[Spot(last, rail[1])]
            return sum(a) / max(len(a), 1) / wide + sum(b) / max(len(b), 1) / deep

        for k, rail in enumerate(sorted(self.figure.rails, key=level)):
            self.seat.update(dict.fromkeys(rail, k))
        for column in (self.columns[first], self.columns[last]):
            column.sort(key=self._level)

    def _neighbours(self, rank: int, side: int) -> dict[Spot, list[int]]:
        """For each spot of a column, the places of those that it is joined with beside it."""
        place = {s: k for k, s in enumerate(self.columns[rank + side])}
        joined = self.grid.after if side > 0 else self.grid.before
        return {s: [place[n] for n in joined.get(s, ())] for s in self.columns[rank]}

    def _swap(self) -> None:
        """Neighbours that cross less the other way round change places."""
        for rank in range(1, len(self.columns) - 1):
            left, right = self._neighbours(rank, -1), self._neighbours(rank, 1)
            column = self.columns[rank]
            level = [self._level(s)[0] for s in column]
            for k in range(len(column) - 1):
                a, b = column[k : k + 2]
                if level[k] == level[k + 1]:
                    now = _pair(left[a], left[b]) + _pair(right[a], right[b])
                    if now > _pair(left[b], left[a]) + _pair(right[b], right[a]):
                        column[k : k + 2] = [b, a]

    def crossings(self) -> int:
        """How often lines cross, as if they were straight."""
        return sum(self._between(r) for r in range(len(self.columns) - 1))

    def _between(self, rank: int) -> int:
        place = {s: k for k, s in enumerate(self.columns[rank + 1])}
        seen: list[int] = []
        count = 0
        for spot in self.columns[rank]:
            ends = [place[n] for n in self.grid.after.get(spot, ())]
            count += sum(len(seen) - bisect_right(seen, e) for e in ends)
            for e in ends:
                insort(seen, e)
        return count


def _by(level: dict[Spot, int], mean: dict[Spot, float]) -> Callable[[Spot], tuple[int, float]]:
    return lambda s: (level[s], mean[s])


def _pair(upper: Iterable[int], lower: list[int]) -> int:
    """How often the lines of one spot cross those of the spot below it."""
    return sum(u > v for u in upper for v in lower)
