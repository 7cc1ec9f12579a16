"""Where everything stands on the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cellsearch.derive.diagram.figure import Figure
from cellsearch.derive.diagram.grid import OUTSIDE, Grid, Spot, grid, line_at
from cellsearch.derive.diagram.order import orders
from cellsearch.derive.diagram.place import heights, rail_spots
from cellsearch.derive.diagram.rails import straightened
from cellsearch.derive.diagram.ranks import ranks
from cellsearch.derive.diagram.route import Bundle, Channel, channels, crossings
from cellsearch.derive.diagram.shapes import Shape, shapes

_TRACK = 10.0
_MARGIN = 14.0
# How far inputs stand below everything else, and the output above.
_OUTSIDE = 26.0


@dataclass(frozen=True)
class Point:
    """A place on the page."""

    x: float
    y: float


@dataclass(frozen=True)
class Wire:
    """A line's way between two columns: from the left or from below, up or down, to the right.

    Attributes:
        start: where it comes from.
        ends: where it arrives, from top to bottom; the highest may be outside.
        turn: the x at which it goes up or down.
        rail: the end that carries a state on to its new value, if it does.
    """

    net: int
    start: Point
    ends: tuple[Point, ...]
    turn: float
    rail: Point | None = None


@dataclass(frozen=True)
class Layout:
    """A figure with places.

    Attributes:
        at: for each item, its left edge and the height at which its line leaves it.
        wires: all lines.
        wide, tall: the size of it all; everything is right of and below 0.
    """

    figure: Figure
    shapes: tuple[Shape, ...]
    at: dict[int, Point]
    wires: tuple[Wire, ...]
    wide: float
    tall: float


def laid_out(figure: Figure) -> Layout:
    """Finds a place for everything."""
    figure = straightened(figure)
    rank = ranks(figure)
    columns = grid(figure, rank)
    pages = [_page(figure, replace(columns, columns=c), rank) for c in orders(figure, columns)]
    return min(pages, key=_Page.cost).run()


def _page(figure: Figure, columns: Grid, rank: Sequence[int]) -> _Page:
    found = shapes(figure, _arrivals(figure, columns, rank))
    return _Page(figure, columns, found, heights(figure, columns, found))


def _arrivals(figure: Figure, columns: Grid, rank: Sequence[int]) -> dict[tuple[int, int], float]:
    """For each inlet, the place of its line in the column before."""
    place = {s: float(k) for c in columns.columns for k, s in enumerate(c)}
    return {
        (i, k): place[line_at(inlet.source, rank[inlet.source], rank[i] - 1)]
        for i, item in enumerate(figure.items)
        for k, inlet in enumerate(item.inlets)
    }


class _Page:
    def __init__(
        self, figure: Figure, columns: Grid, shapes: Sequence[Shape], y: dict[Spot, int]
    ) -> None:
        self.figure, self.grid, self.shapes, self.y = figure, columns, shapes, y
        self.channels = channels(figure, columns, shapes, y)
        self.carried = rail_spots(figure, columns)
        self.top = min(s - self._reach(p)[0] for p, s in y.items())
        self.bottom = max(s + self._reach(p)[1] for p, s in y.items())
        self.left: list[float] = []
        self.right: list[float] = []
        self._columns()

    def _reach(self, spot: Spot) -> tuple[int, int]:
        return (0, 0) if spot.passes else (self.shapes[spot.net].above, self.shapes[spot.net].below)

    def _columns(self) -> None:
        x = _MARGIN
        for rank, column in enumerate(self.grid.columns):
            inside = [self.shapes[s.net].wide for s in column if s in self.y and not s.passes]
            self.left.append(x)
            self.right.append(x + max(inside, default=0.0))
            if rank < len(self.channels):
                channel = self.channels[rank]
                x = self.right[-1] + self._pitch(channel) * (channel.tracks + 1) + _TRACK

    def _pitch(self, channel: Channel) -> float:
        """How far tracks are apart: where several lines come from below, their names need room."""
        below = [self.shapes[b.net].wide for b in channel.bundles if b.left is None]
        return max(_TRACK, *below) + 6 if len(below) > 1 else _TRACK

    def cost(self) -> float:
        """How hard it is to read: lines that cross, lines that turn, states above all; height."""
        crossing = sum(map(crossings, self.channels))
        ends = [(b, h, s) for c in self.channels for b in c.bundles for h, s in b.ends]
        turns = [self._carries(b.net, s, h) for b, h, s in ends if h != b.left]
        return 2 * crossing + len(turns) + 4 * sum(turns) + (self.bottom - self.top) / 60

    def run(self) -> Layout:
        wires = tuple(w for r in range(len(self.channels)) for w in self._wires(r))
        at = {s.net: Point(self._x(s), self._down(self.y[s])) for s in self.y if not s.passes}
        at.update(self._outside(wires))
        wide = max(self.right) + _MARGIN
        tall = self._down(self.bottom) + _OUTSIDE + _MARGIN + 10
        return Layout(self.figure, tuple(self.shapes), at, wires, wide, tall)

    def _down(self, y: float) -> float:
        return y - self.top + _MARGIN + _OUTSIDE + 10

    def _x(self, spot: Spot) -> float:
        """An item stands in the middle of its column; states keep to the edges."""
        room = self.right[spot.rank] - self.left[spot.rank] - self.shapes[spot.net].wide
        kind = self.figure.items[spot.net].kind
        share = {"state": 1.0, "new state": 0.0}.get(kind, 0.5)
        return self.left[spot.rank] + room * share

    def _wires(self, rank: int) -> Iterator[Wire]:
        channel = self.channels[rank]
        for b in channel.bundles:
            turn = self.right[rank] + self._pitch(channel) * (b.track + 1)
            start, ends = self._start(rank, b, turn), self._ends(b, turn)
            yield Wire(b.net, start, ends, turn, self._rail(b, ends))

    def _rail(self, b: Bundle, ends: tuple[Point, ...]) -> Point | None:
        inside = zip(b.ends, ends[-len(b.ends) :] if b.ends else (), strict=True)
        return next((p for (height, s), p in inside if self._carries(b.net, s, height)), None)

    def _carries(self, net: int, end: Spot, height: int) -> bool:
        if end.passes:
            return end in self.carried
        inlets = zip(self.figure.items[end.net].inlets, self.shapes[end.net].pins, strict=True)
        pins = [pin for inlet, pin in inlets if inlet.rail and inlet.source == net]
        return height - self.y[end] in pins

    def _start(self, rank: int, b: Bundle, turn: float) -> Point:
        if b.left is None:
            return Point(turn, self._down(self.bottom) + _OUTSIDE - 8)
        spot = next(s for s in self.grid.columns[rank] if s.net == b.net)
        x = self.left[rank] if spot.passes else self._x(spot) + self.shapes[b.net].wide
        return Point(x, self._down(b.left))

    def _ends(self, b: Bundle, turn: float) -> tuple[Point, ...]:
        out = [Point(turn, self._down(self.top) - _OUTSIDE + 8)] if b.leaves else []
        inside = [
            Point(self.left[s.rank] if s.passes else self._x(s), self._down(height))
            for height, s in b.ends
        ]
        return (*out, *inside)

    def _outside(self, wires: tuple[Wire, ...]) -> Iterator[tuple[int, Point]]:
        """The names of inputs below their lines, that of the output above its line."""
        for i, item in enumerate(self.figure.items):
            if item.kind not in OUTSIDE:
                continue
            half = self.shapes[i].wide / 2
            if item.kind == "input":
                start = next(w.start for w in wires if w.net == i)
                yield i, Point(start.x - half, start.y + 12)
            else:
                net = item.inlets[0].source
                end = [w.ends[0] for w in wires if w.net == net][-1]
                yield i, Point(end.x - half, end.y - 12)
