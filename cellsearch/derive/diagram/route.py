"""Between two columns: each line that changes its height goes up or down on a track of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

from cellsearch.derive.diagram.figure import Figure
from cellsearch.derive.diagram.grid import OUTSIDE, Grid, Spot
from cellsearch.derive.diagram.shapes import Shape

# Lines nearer than this at one track would be taken for one line.
_NEAR = 8
# What it costs where two lines would lie upon each other, against a crossing.
_UPON = 1000
# Above and below everything.
_FAR = 10**6
_ROUNDS = 6


@dataclass(frozen=True)
class Bundle:
    """One item's line between two columns.

    Attributes:
        net: the item.
        left: the height at which it comes from the left; None if it comes from below.
        ends: the heights at which it goes on to the right, and to what.
        leaves: whether it also goes out above.
        track: which track it changes its height on, from the left.
    """

    net: int
    left: int | None
    ends: tuple[tuple[int, Spot], ...]
    leaves: bool = False
    track: int = 0

    @cached_property
    def rights(self) -> tuple[int, ...]:
        """The heights at which it goes on to the right."""
        return tuple(height for height, _ in self.ends)

    @property
    def is_straight(self) -> bool:
        return not self.leaves and {self.left} == set(self.rights)

    @cached_property
    def span(self) -> tuple[int, int]:
        """From where to where its track is used."""
        ends = [*self.rights, _FAR if self.left is None else self.left]
        return -_FAR if self.leaves else min(ends), max(ends)


@dataclass(frozen=True)
class Channel:
    """All lines between two columns, and how many tracks they take."""

    bundles: tuple[Bundle, ...]
    tracks: int


def channels(
    figure: Figure, grid: Grid, shapes: Sequence[Shape], y: Mapping[Spot, int]
) -> list[Channel]:
    """The channels from the left to the right."""
    ranks = range(len(grid.columns) - 1)
    return [_tracked(list(_bundles(figure, grid, shapes, y, rank))) for rank in ranks]


def _bundles(
    figure: Figure, grid: Grid, shapes: Sequence[Shape], y: Mapping[Spot, int], rank: int
) -> Iterator[Bundle]:
    for spot in grid.columns[rank]:
        ends = grid.after.get(spot, [])
        leaves = any(_is_outside(figure, s) for s in ends)
        reached = {
            (h, s) for s in ends if s in y for h in _arrivals(figure, shapes, y, spot.net, s)
        }
        if ends:
            yield Bundle(spot.net, y.get(spot), tuple(sorted(reached, key=_height)), leaves)


def _height(end: tuple[int, Spot]) -> int:
    return end[0]


def _is_outside(figure: Figure, spot: Spot) -> bool:
    return not spot.passes and figure.items[spot.net].kind in OUTSIDE


def _arrivals(
    figure: Figure, shapes: Sequence[Shape], y: Mapping[Spot, int], net: int, end: Spot
) -> Iterator[int]:
    if end.passes:
        yield y[end]
        return
    for inlet, pin in zip(figure.items[end.net].inlets, shapes[end.net].pins, strict=True):
        if inlet.source == net:
            yield y[end] + pin


def _tracked(bundles: list[Bundle]) -> Channel:
    """The bundles with tracks, in an order with few crossings."""
    straight = [b for b in bundles if b.is_straight]
    turning = [b for b in bundles if not b.is_straight]
    order = _arranged(turning)
    tracks: list[int] = []
    for k, b in enumerate(order):
        earlier = [tracks[j] for j in range(k) if _collide(order[j], b)]
        tracks.append(1 + max(earlier, default=-1))
    placed = [replace(b, track=t) for b, t in zip(order, tracks, strict=True)]
    return Channel((*straight, *placed), 1 + max(tracks, default=-1))


def _collide(a: Bundle, b: Bundle) -> bool:
    (a0, a1), (b0, b1) = a.span, b.span
    return a0 <= b1 + _NEAR and b0 <= a1 + _NEAR


def _arranged(bundles: list[Bundle]) -> list[Bundle]:
    """Sorted by exchanging neighbours as long as that costs less."""
    order = list(bundles)
    price = {(a.net, b.net): _price(a, b) for a in bundles for b in bundles if a is not b}
    for _ in range(_ROUNDS):
        before = [b.net for b in order]
        for k in range(len(order)):
            order = _best_seat(order, order[k], price)
        if [b.net for b in order] == before:
            break
    return order


def _best_seat(
    order: list[Bundle], one: Bundle, price: Mapping[tuple[int, int], int]
) -> list[Bundle]:
    """The order with one bundle where it costs least."""
    rest = [b for b in order if b is not one]
    cost = sum(price[one.net, b.net] for b in rest)
    costs = [cost]
    for b in rest:
        cost += price[b.net, one.net] - price[one.net, b.net]
        costs.append(cost)
    seat = costs.index(min(costs))
    if costs[seat] == costs[order.index(one)]:
        return order
    return [*rest[:seat], one, *rest[seat:]]


def _price(a: Bundle, b: Bundle) -> int:
    """What it costs to have a's track left of b's: crossings, and lines upon each other."""
    return _crossings(a, b) + _UPON * _lies_upon(b, a)


def _crossings(a: Bundle, b: Bundle) -> int:
    """How often a and b cross, if a's track is left of b's or one of them is straight."""
    (a0, a1), (b0, b1) = a.span, b.span
    return sum(b0 < r < b1 for r in a.rights) + (b.left is not None and a0 < b.left < a1)


def _lies_upon(left: Bundle, right: Bundle) -> bool:
    """Whether `left` comes in where `right` goes out, so that it has to turn before it."""
    return left.left is not None and any(abs(left.left - r) < _NEAR for r in right.rights)


def crossings(channel: Channel) -> int:
    """How often lines of a channel cross."""
    pairs = combinations(channel.bundles, 2)
    return sum(
        _crossings(*((a, b) if a.is_straight or a.track < b.track else (b, a))) for a, b in pairs
    )
