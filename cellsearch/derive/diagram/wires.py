"""Lines drawn: round corners, points where they part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cellsearch.derive.diagram import pens
from cellsearch.derive.diagram.figure import Figure
from cellsearch.derive.diagram.layout import Layout, Point, Wire
from cellsearch.derive.diagram.pens import number

_ROUND, _DOT = 5.0, 2.8
THIN, THICK = 1.3, 2.6


def colour(figure: Figure, net: int) -> str:
    """The colour of an item's line: what is carried is black, gates have their own."""
    kind = figure.items[net].kind
    if kind == "state" or net in figure.carried:
        return pens.INK
    return pens.COLOURS["gate"][1] if kind == "gate" else pens.GREY


def drawn(found: Layout) -> Iterator[str]:
    """All lines between columns, then over them those that carry states."""
    for wire in found.wires:
        yield from _wire(wire, colour(found.figure, wire.net), THIN)
    for wire in found.wires:
        if wire.rail:
            rail = replace(wire, ends=(wire.rail,))
            yield from _wire(rail, colour(found.figure, wire.net), THICK)


def _wire(wire: Wire, ink: str, thick: float) -> Iterator[str]:
    """The track with what leaves its two ends round the corner, then what leaves it between."""
    heights = sorted({p.y for p in (wire.start, *wire.ends)})
    if len(heights) == 1:
        yield pens.path(f"M{_at(wire.start)}H{number(wire.ends[-1].x)}", ink, thick)
        return
    # What comes from below or leaves above is on the track itself.
    aside = [p for p in (wire.start, *wire.ends) if p.x != wire.turn]
    corners = [_corner(wire, h, aside) for h in (heights[0], heights[-1])]
    yield pens.path(_through(wire, corners), ink, thick)
    for p in aside:
        if p not in corners:
            yield pens.path(f"M{_at(p)}H{number(wire.turn)}", ink, thick)
            yield pens.dot(wire.turn, p.y, ink, _DOT)


def _corner(wire: Wire, height: float, aside: list[Point]) -> Point:
    """What the track ends in at a height: the one line that leaves it there, else nothing."""
    there = [p for p in aside if p.y == height]
    return there[0] if len(there) == 1 else Point(wire.turn, height)


def _through(wire: Wire, corners: list[Point]) -> str:
    top, bottom = corners
    radius = min(_ROUND, (bottom.y - top.y) / 2)
    first = _bend(wire, top, radius, radius)
    last = _bend(wire, bottom, -radius, radius)
    start = f"M{_at(top)}" + (f"H{first[0]}Q{first[1]} {first[2]}" if first else "")
    end = f"V{last[2].split(' ')[1]}Q{last[1]} {last[0]} {number(bottom.y)}" if last else ""
    return start + end + (f"H{number(bottom.x)}" if last else f"V{number(bottom.y)}")


def _bend(wire: Wire, p: Point, down: float, radius: float) -> tuple[str, str, str] | None:
    """Where a line that ends in a corner begins to bend, the corner, and where it stops."""
    if p.x == wire.turn:
        return None
    side = radius if p.x > wire.turn else -radius
    turn = number(wire.turn)
    return number(wire.turn + side), f"{turn} {number(p.y)}", f"{turn} {number(p.y + down)}"


def _at(p: Point) -> str:
    return f"{number(p.x)} {number(p.y)}"
