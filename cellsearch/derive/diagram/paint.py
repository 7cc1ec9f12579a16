"""Items drawn: boxes, circles, names."""

from __future__ import annotations

from collections.abc import Iterator

from cellsearch.derive.diagram import pens
from cellsearch.derive.diagram.figure import ENDS, OPERATIONS, Item
from cellsearch.derive.diagram.layout import Layout, Point
from cellsearch.derive.diagram.metrics import width
from cellsearch.derive.diagram.pens import INK, number
from cellsearch.derive.diagram.shapes import LARGE, LINE, MARK, RADIUS, SMALL, Shape, badge, named
from cellsearch.derive.diagram.wires import THICK, THIN, colour

# Half round: gates; a little: activations; not at all: products with weights.
_ROUND = {"gate": 16.0, "activation": 7.0, "function": 7.0, "noise": 7.0}


def painted(found: Layout, i: int) -> Iterator[str]:
    """One item."""
    item, shape, at = found.figure.items[i], found.shapes[i], found.at[i]
    if item.kind in ENDS:
        yield _end(item, shape, at)
        if item.kind == "new state":
            yield _arrow(found, i, 0, at.x, at.y)
        if item.kind == "output":
            yield _arrow(found, i, 0, at.x + shape.wide / 2, at.y + 10, 0, -1)
    elif item.kind in OPERATIONS:
        yield from _operation(found, i)
    elif item.kind == "mix":
        yield from _mix(found, i)
    else:
        yield from _box(found, i)


def _end(item: Item, shape: Shape, at: Point) -> str:
    return pens.words(item.name or item.text, at.x + shape.wide / 2, at.y + 5, LARGE)


def _arrow(found: Layout, i: int, k: int, x: float, y: float, dx: int = 1, dy: int = 0) -> str:
    ink, _ = _inlet_pen(found, i, k)
    return pens.arrow(x, y, dx, dy, ink)


def _inlet_pen(found: Layout, i: int, k: int) -> tuple[str, float]:
    inlet = found.figure.items[i].inlets[k]
    return colour(found.figure, inlet.source), THICK if inlet.rail else THIN


def _box(found: Layout, i: int) -> Iterator[str]:
    item, shape, at = found.figure.items[i], found.shapes[i], found.at[i]
    top = at.y - shape.tall / 2
    yield pens.box(item.kind, at.x, top, shape.wide, shape.tall, _ROUND.get(item.kind, 1.5))
    for k, pin in enumerate(shape.pins):
        yield _arrow(found, i, k, at.x, at.y + pin)
    middle = at.x + shape.wide / 2
    written = LINE * len(shape.lines) + (26 if item.sign else 0)
    y = at.y - written / 2
    if item.sign:
        yield from _head(item, middle, y)
        y += 26
    for k, line in enumerate(shape.lines):
        yield pens.words(line, middle, y + LINE * k + 11, SMALL)


def _head(item: Item, middle: float, top: float) -> Iterator[str]:
    """The name, and the function's sign in a field of its own."""
    name = width(item.name, LARGE)
    field = badge(item)
    left = middle - (name + field + (6 if item.name else 0)) / 2
    if item.name:
        yield pens.words(item.name, left + name / 2, top + 17, LARGE)
    x = left + name + (6 if item.name else 0)
    _, edge = pens.COLOURS[item.kind]
    yield (
        f'<rect x="{number(x)}" y="{number(top + 2)}" width="{number(field)}" height="20" '
        f'rx="10" fill="{pens.PAPER}" stroke="{edge}" stroke-width="0.9"/>'
    )
    yield pens.words(item.sign, x + field / 2, top + 16, SMALL + 1)


def _operation(found: Layout, i: int) -> Iterator[str]:
    item, shape, at = found.figure.items[i], found.shapes[i], found.at[i]
    half = max(RADIUS, (width(item.sign, SMALL) + 12) / 2)
    x = at.x + shape.wide - named(item) - half
    if shape.tall:
        top = at.y + min(shape.pins) - RADIUS
        yield pens.box(item.kind, x - half, top, 2 * half, shape.tall, RADIUS)
        yield from (_lead(found, i, k, x - half, at.y + p) for k, p in enumerate(shape.pins))
    else:
        yield from (part for k in range(len(shape.pins)) for part in _elbow(found, i, k, x, half))
        yield pens.box(item.kind, x - half, at.y - RADIUS, 2 * half, 2 * RADIUS, RADIUS)
    yield pens.words(item.sign, x, at.y + 5, SMALL + 3 if half == RADIUS else SMALL)
    yield from _marks(found, i)
    yield from _named(found, i, x + half)


def _named(found: Layout, i: int, x: float) -> Iterator[str]:
    """The name of an operation above the beginning of its line."""
    item, at = found.figure.items[i], found.at[i]
    if item.name:
        end = at.x + found.shapes[i].wide
        steps = f"M{number(x)} {number(at.y)}H{number(end)}"
        thick = THICK if i in found.figure.carried else THIN
        yield pens.path(steps, colour(found.figure, i), thick)
        yield pens.words(item.name, (x + end) / 2, at.y - 5, SMALL)


def _lead(found: Layout, i: int, k: int, x: float, y: float) -> str:
    ink, thick = _inlet_pen(found, i, k)
    steps = f"M{number(found.at[i].x)} {number(y)}H{number(x - 4)}"
    return pens.path(steps, ink, thick) + pens.arrow(x, y, 1, 0, ink)


def _elbow(found: Layout, i: int, k: int, x: float, half: float) -> Iterator[str]:
    """A line into a circle: straight, or from above or below round a corner."""
    at, pin = found.at[i], found.shapes[i].pins[k]
    if pin == 0:
        yield _lead(found, i, k, x - half, at.y)
        return
    ink, thick = _inlet_pen(found, i, k)
    down = 1 if pin < 0 else -1
    y, edge = at.y + pin, at.y - down * RADIUS
    bend = f"H{number(x - 5)}Q{number(x)} {number(y)} {number(x)} {number(y + 5 * down)}"
    yield pens.path(f"M{number(at.x)} {number(y)}{bend}", ink, thick)
    yield pens.arrow(x, edge, 0, down, ink)


def _marks(found: Layout, i: int) -> Iterator[str]:
    at, shape = found.at[i], found.shapes[i]
    for inlet, pin in zip(found.figure.items[i].inlets, shape.pins, strict=True):
        if inlet.mark:
            x = at.x + 2 + width(inlet.mark, MARK) / 2
            yield pens.words(inlet.mark, x, at.y + pin - 4, MARK)


def _mix(found: Layout, i: int) -> Iterator[str]:
    item, shape, at = found.figure.items[i], found.shapes[i], found.at[i]
    top, bottom = at.y + min(shape.pins) - 11, at.y + max(shape.pins) + 11
    wide = shape.wide - named(item)
    yield pens.box("mix", at.x, top, wide, bottom - top, 4)
    yield from _named(found, i, at.x + wide)
    middle = at.x + wide / 2
    for k, (inlet, pin) in enumerate(zip(item.inlets, shape.pins, strict=True)):
        yield _arrow(found, i, k, at.x, at.y + pin)
        if inlet.mark:
            yield pens.words(inlet.mark, middle, at.y + pin + 4, SMALL)
        else:
            half = width(item.sign, SMALL) / 2 + 5
            yield pens.box("gate", middle - half, at.y + pin - 8, 2 * half, 16, 8, 0.9)
            yield pens.words(item.sign, middle, at.y + pin + 4, SMALL, fill=INK)
