"""Heights: lines are straight where they can be, and what is joined stands near.

Spots that one straight line goes through are a block (Brandes and Köpf 2002). Blocks keep the order
of their columns and are moved towards what they are joined with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import ceil, inf

from cellsearch.derive.diagram.figure import Figure
from cellsearch.derive.diagram.grid import OUTSIDE, Grid, Spot
from cellsearch.derive.diagram.shapes import STEP, Shape

# For each block those below it, and how far at least.
Gaps = dict[int, dict[int, int]]
# What a block is joined with, how far below it it wants to stand, and how strongly.
Pull = tuple[int, int, float]
Pulls = dict[int, list[Pull]]

_ROUNDS, _SETTLING = 24, 6
_RAIL = 20.0


@dataclass(frozen=True)
class Edge:
    """A line from a spot to one of the next column, `drop` below whose middle it arrives.

    `weight` says how much it should be straight.
    """

    left: Spot
    right: Spot
    drop: int
    weight: float


def heights(figure: Figure, grid: Grid, shapes: Sequence[Shape]) -> dict[Spot, int]:
    """The height of each spot in a column, a multiple of `STEP`, growing downwards."""
    return _Placing(figure, grid, shapes).run()


def edges(figure: Figure, grid: Grid, shapes: Sequence[Shape]) -> Iterator[Edge]:
    """All lines between neighbouring columns, without those from and to the outside."""
    carried = rail_spots(figure, grid)
    for left, following in grid.after.items():
        for right in following:
            kinds = {figure.items[s.net].kind for s in (left, right) if not s.passes}
            if kinds & OUTSIDE:
                continue
            if right.passes:
                weight = _RAIL if right in carried else 3.0 + left.passes
                yield Edge(left, right, 0, weight)
                continue
            for k, inlet in enumerate(figure.items[right.net].inlets):
                if inlet.source == left.net:
                    weight = _RAIL if inlet.rail else 5.0 if inlet.main else 1.0
                    yield Edge(left, right, shapes[right.net].pins[k], weight + left.passes)


def rail_spots(figure: Figure, grid: Grid) -> set[Spot]:
    """The spots in which a state's line passes a column on its way to its new value."""
    rank = {s.net: s.rank for column in grid.columns for s in column if not s.passes}
    return {
        Spot(between, inlet.source, passes=True)
        for i, item in enumerate(figure.items)
        for inlet in item.inlets
        if inlet.rail
        for between in range(rank[inlet.source] + 1, rank[i])
    }


class _Placing:
    def __init__(self, figure: Figure, grid: Grid, shapes: Sequence[Shape]) -> None:
        self.figure, self.grid, self.shapes = figure, grid, shapes
        self.columns = [[s for s in c if not self._is_outside(s)] for c in grid.columns]
        self.edges = list(edges(figure, grid, shapes))
        spots = [s for c in self.columns for s in c]
        self.block = {s: k for k, s in enumerate(spots)}
        self.offset = dict.fromkeys(spots, 0)
        self.members = [[s] for s in spots]

    def _is_outside(self, spot: Spot) -> bool:
        return not spot.passes and self.figure.items[spot.net].kind in OUTSIDE

    def run(self) -> dict[Spot, int]:
        for a, b, drop in self._straight():
            self._merge(a, b, drop)
        self._level_rails()
        y = self._relaxed()
        return {s: y[b] + self.offset[s] for s, b in self.block.items()}

    def _straight(self) -> Iterator[tuple[Spot, Spot, int]]:
        """Lines to be straight: the weightiest first, none that crosses or shares an end."""
        place = {s: k for c in self.columns for k, s in enumerate(c)}
        taken: dict[int, list[tuple[int, int]]] = {}
        for e in sorted(self.edges, key=lambda e: -e.weight):
            a, b = place[e.left], place[e.right]
            others = taken.setdefault(e.left.rank, [])
            if all((a - c) * (b - d) > 0 for c, d in others):
                others.append((a, b))
                yield e.left, e.right, e.drop

    def _merge(self, a: Spot, b: Spot, drop: int) -> None:
        """Puts the block of b to that of a, so that a's line comes to b straight."""
        self._shift_into(self.block[b], self.block[a], self.offset[a] - drop - self.offset[b])

    def _shift_into(self, old: int, new: int, by: int) -> None:
        for s in self.members[old]:
            self.block[s] = new
            self.offset[s] += by
        self.members[new] += self.members[old]
        self.members[old] = []

    def _level_rails(self) -> None:
        """A state and its new value stand at one height, unless that would make a circle."""
        for a, b in self.figure.rails:
            start, end = self._spot(a), self._spot(b)
            if self.block[start] != self.block[end]:
                kept = dict(self.block), dict(self.offset), [list(m) for m in self.members]
                self._merge(start, end, 0)
                if self._sorted() is None:
                    self.block, self.offset, self.members = kept

    def _spot(self, item: int) -> Spot:
        return next(s for c in self.columns for s in c if s.net == item and not s.passes)

    def _gaps(self) -> Gaps:
        """For each block, how far below it each block next to it must at least be."""
        gaps: Gaps = {k: {} for k, m in enumerate(self.members) if m}
        for column in self.columns:
            for upper, lower in pairwise(column):
                a, b = self.block[upper], self.block[lower]
                gap = self._gap(upper, lower) + self.offset[upper] - self.offset[lower]
                gaps[a][b] = max(gaps[a].get(b, gap), gap)
        return gaps

    def _gap(self, upper: Spot, lower: Spot) -> int:
        below = STEP // 2 if upper.passes else self.shapes[upper.net].below
        above = STEP // 2 if lower.passes else self.shapes[lower.net].above
        return STEP * ceil((below + above) / STEP)

    def _sorted(self) -> list[int] | None:
        """The blocks from top to bottom; None if they go in a circle."""
        gaps = self._gaps()
        waits = dict.fromkeys(gaps, 0)
        for following in gaps.values():
            for b in following:
                waits[b] += 1
        order = [b for b, n in waits.items() if n == 0]
        for b in order:
            for c in gaps[b]:
                waits[c] -= 1
                if waits[c] == 0:
                    order.append(c)
        return order if len(order) == len(gaps) else None

    def _relaxed(self) -> dict[int, int]:
        order, gaps = self._sorted(), self._gaps()
        assert order is not None
        pulls = self._pulls()
        y = _pushed(order, gaps, dict.fromkeys(gaps, 0.0))
        for _ in range(_ROUNDS):
            wanted = {b: _mean(y, pulls.get(b, []), y[b]) for b in order}
            down, up = _pushed(order, gaps, wanted), _lifted(order, gaps, wanted)
            # The mean of two that keep all distances keeps them.
            y = {b: (down[b] + up[b]) / 2 for b in order}
        self._settle(order, gaps, pulls, y)
        return {b: STEP * int(v // STEP) for b, v in y.items()}

    def _settle(self, order: list[int], gaps: Gaps, pulls: Pulls, y: dict[int, float]) -> None:
        """Each block in turn goes as near as it can to where most of its lines are straight."""
        above: Gaps = {b: {} for b in order}
        for a, following in gaps.items():
            for b, gap in following.items():
                above[b][a] = gap
        for _ in range(_SETTLING):
            for b in order:
                low = max((y[a] + gap for a, gap in above[b].items()), default=-inf)
                high = min((y[c] - gap for c, gap in gaps[b].items()), default=inf)
                # What nothing pulls stands below what is above it.
                wanted = _median(y, pulls[b]) if b in pulls else low if above[b] else y[b]
                y[b] = min(max(wanted, low), high)

    def _pulls(self) -> Pulls:
        """For each block, the blocks that it is joined with."""
        pulls: Pulls = {}
        for e in self.edges:
            a, b = self.block[e.left], self.block[e.right]
            by = self.offset[e.left] - self.offset[e.right] - e.drop
            if a != b:
                pulls.setdefault(b, []).append((a, by, e.weight))
                pulls.setdefault(a, []).append((b, -by, e.weight))
        return pulls


def _median(y: dict[int, float], pulls: list[Pull]) -> float:
    wanted = sorted((y[b] + by, weight) for b, by, weight in pulls)
    sums = accumulate(weight for _, weight in wanted)
    half = sum(weight for _, weight in wanted) / 2
    return next(height for (height, _), passed in zip(wanted, sums, strict=True) if passed >= half)


def _mean(y: dict[int, float], pulls: list[Pull], now: float) -> float:
    total = sum(w for _, _, w in pulls)
    return sum(w * (y[b] + by) for b, by, w in pulls) / total if total else now


def _pushed(order: list[int], gaps: Gaps, wanted: dict[int, float]) -> dict[int, float]:
    """As wanted, or further down where what is above needs the room."""
    y = dict(wanted)
    for b in order:
        for c, gap in gaps[b].items():
            y[c] = max(y[c], y[b] + gap)
    return y


def _lifted(order: list[int], gaps: Gaps, wanted: dict[int, float]) -> dict[int, float]:
    """As wanted, or further up where what is below needs the room."""
    y = dict(wanted)
    for b in reversed(order):
        for c, gap in gaps[b].items():
            y[b] = min(y[b], y[c] - gap)
    return y
