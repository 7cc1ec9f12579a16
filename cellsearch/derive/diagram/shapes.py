"""The size of each item and where lines enter and leave it. All heights are multiples of `STEP`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cellsearch.derive.diagram.figure import ENDS, OPERATIONS, Figure, Item
from cellsearch.derive.diagram.metrics import width, wrapped
from cellsearch.derive.diagram.words import Words, joined, plain

STEP = 10
RADIUS = 11.0
# Sizes of type: names and signs, text within boxes, marks at inlets.
LARGE, SMALL, MARK = 16.0, 12.0, 14.0
LINE = 15.0
_ROOM = 150.0
_PAD = 10.0
# Room above and below a box.
_BETWEEN = 5.0
# Between a circle's left edge and the place where lines enter.
_LEAD = 16.0


@dataclass(frozen=True)
class Shape:
    """What an item takes up, around the height at which its line leaves it.

    Attributes:
        wide: its width.
        above, below: how far it reaches up and down from that height, with the room around it.
        pins: for each inlet, how far below that height its line enters (negative: above).
        lines: its text, line by line.
        tall: the height of its box.
    """

    wide: float
    above: int
    below: int
    pins: tuple[int, ...]
    lines: tuple[Words, ...] = ()
    tall: float = 0.0


def badge(item: Item) -> float:
    """The width of the field with a function's sign."""
    return max(width(item.sign, SMALL + 1) + 14, 26)


def shape(item: Item, sources: Sequence[float]) -> Shape:
    """The shape of an item.

    Args:
        item: what is drawn.
        sources: for each inlet, the place among the lines from the left, counted from the top.
    """
    found = _exact(item, sources)
    # Even, so that what stands in the middle of a column is at whole pixels.
    return replace(found, wide=2 * math.ceil(found.wide / 2))


def _exact(item: Item, sources: Sequence[float]) -> Shape:
    if item.kind in ENDS:
        return Shape(width(item.name or item.text, LARGE) + 8, 10, 10, (0,) * len(item.inlets))
    if item.kind == "mix":
        return _mix(item, sources)
    if item.kind in OPERATIONS:
        return _circle(item, sources)
    return _box(item, sources)


def _rows(sources: Sequence[float]) -> list[int]:
    """For each inlet, its row among the inlets."""
    by_place = sorted(range(len(sources)), key=lambda k: (sources[k], k))
    return [by_place.index(k) for k in range(len(sources))]


def _box(item: Item, sources: Sequence[float]) -> Shape:
    lines = _lines(item)
    heads = width(item.name, LARGE) + badge(item) + 6 if item.sign else 0.0
    text = max((width(li, SMALL) for li in lines), default=0.0)
    pins = _spread(_rows(sources))
    written = LINE * len(lines) + (26 if item.sign else 4) + 8
    tall = max(written, max(pins, default=0) - min(pins, default=0) + 16)
    half = STEP * math.ceil((tall / 2 + _BETWEEN) / STEP)
    return Shape(max(heads, text) + 2 * _PAD, half, half, pins, lines, tall)


def _lines(item: Item) -> tuple[Words, ...]:
    if item.sign:
        return wrapped(item.text, SMALL, _ROOM) if item.text else ()
    name = joined(item.name, plain(" = ")) if item.name else ()
    return wrapped(joined(name, item.text), SMALL, _ROOM)


def _spread(rows: Sequence[int]) -> tuple[int, ...]:
    """Two rows stand a step above and below the middle; three and more, a step or two apart."""
    n = len(rows)
    if n % 2:
        return tuple(STEP * (r - n // 2) for r in rows)
    return tuple(STEP * (r - n // 2 + (r >= n // 2)) for r in rows)


def _circle(item: Item, sources: Sequence[float]) -> Shape:
    marks = max((width(k.mark, MARK) for k in item.inlets), default=0.0)
    lead = max(_LEAD, marks + 10)
    wide = lead + max(2 * RADIUS, width(item.sign, SMALL) + 12) + named(item)
    pins = _around_main(item, sources)
    low, high = min(pins), max(pins)
    above = (20 if low == 0 else 30) + 10 * bool(item.name)
    below = 20 if high == 0 else 30
    # More than one line on a side: they enter one below the other.
    if max(high, -low) > 2 * STEP:
        tall = high - low + 2 * RADIUS
        return Shape(wide, 2 * STEP - low, 2 * STEP + high, pins, tall=tall)
    return Shape(wide, above, below, pins)


def named(item: Item) -> float:
    """The width of an operation's name, which stands above the beginning of its line."""
    return width(item.name, SMALL) + 4 if item.name else 0.0


def _around_main(item: Item, sources: Sequence[float]) -> tuple[int, ...]:
    """One line goes straight in, the others above and below it."""
    rows = _rows(sources)
    main = next(k for k, inlet in enumerate(item.inlets) if inlet.main)
    return tuple(2 * STEP * (r - rows[main]) for r in rows)


def _mix(item: Item, sources: Sequence[float]) -> Shape:
    pins = _around_main(item, sources)
    marks, gate = max(width(i.mark, SMALL) for i in item.inlets), width(item.sign, SMALL) + 10
    wide = max(marks, gate) + 16 + named(item)
    return Shape(wide, 2 * STEP - min(pins), 2 * STEP + max(pins), pins)


def shapes(figure: Figure, place: Mapping[tuple[int, int], float]) -> list[Shape]:
    """The shapes of all items, given the place of the line that comes to (item, inlet)."""
    return [
        shape(item, [place[i, k] for k in range(len(item.inlets))])
        for i, item in enumerate(figure.items)
    ]
