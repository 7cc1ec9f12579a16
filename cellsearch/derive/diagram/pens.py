"""The elements of a picture as text: colours, words, lines, boxes."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from cellsearch.derive.diagram.figure import Kind
from cellsearch.derive.diagram.metrics import LOW
from cellsearch.derive.diagram.words import Words

INK, GREY, PAPER = "#1f2933", "#5f6b7a", "#ffffff"
FONT = "'STIX Two Text', 'Times New Roman', Times, 'Liberation Serif', 'DejaVu Serif', serif"
# Fill and edge. They differ in lightness too, and kinds in shape.
COLOURS: dict[Kind, tuple[str, str]] = {
    "gate": ("#fdeccb", "#b9770e"),
    "activation": ("#d8ecf8", "#2474a6"),
    "linear": ("#ecebf7", "#6a61ad"),
    "sum": ("#fdf1ef", "#bf4a3c"),
    "function": ("#f0f2f4", "#66727f"),
    "product": ("#d9d5f0", "#4a3f94"),
    "noise": ("#f7e3ee", "#a0437a"),
    "mix": ("#e3f4e6", "#31824a"),
    "times": ("#fde4e1", "#bf4a3c"),
    "plus": ("#fde4e1", "#bf4a3c"),
    "over": ("#fde4e1", "#bf4a3c"),
    "other": ("#fde4e1", "#bf4a3c"),
}


def number(value: float) -> str:
    """A coordinate, to a tenth."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def words(
    written: Words, x: float, y: float, size: float, anchor: str = "middle", fill: str = INK
) -> str:
    """Words on one line; what stands low is set smaller, a quarter of the size below."""
    spans = "".join(_spans(written, size))
    place = f'x="{number(x)}" y="{number(y)}" font-size="{number(size)}"'
    return f'<text {place} text-anchor="{anchor}" fill="{fill}">{spans}</text>'


def _spans(written: Words, size: float) -> Iterator[str]:
    low = False
    for run in written:
        shift = (run.low - low) * size / 4
        low = run.low
        attributes = f' dy="{number(shift)}"' if shift else ""
        attributes += f' font-size="{number(size * LOW)}"' if run.low else ""
        attributes += ' font-style="italic"' if run.slanted else ""
        yield f"<tspan{attributes}>{escape(run.text, quote=False)}</tspan>"


def box(
    kind: Kind, x: float, y: float, wide: float, tall: float, round_: float, thick: float = 1.2
) -> str:
    """A rectangle in the colours of a kind."""
    fill, edge = COLOURS[kind]
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(wide)}" height="{number(tall)}" '
        f'rx="{number(round_)}" fill="{fill}" stroke="{edge}" stroke-width="{thick}"/>'
    )


def circle(kind: Kind, x: float, y: float, radius: float) -> str:
    """A circle in the colours of a kind."""
    fill, edge = COLOURS[kind]
    return (
        f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" '
        f'fill="{fill}" stroke="{edge}" stroke-width="1.2"/>'
    )


def path(steps: str, colour: str, thick: float) -> str:
    """A line."""
    return f'<path d="{steps}" fill="none" stroke="{colour}" stroke-width="{thick}"/>'


def dot(x: float, y: float, colour: str, radius: float) -> str:
    """A point where lines part."""
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{radius}" fill="{colour}"/>'


def arrow(x: float, y: float, dx: int, dy: int, colour: str) -> str:
    """An arrow's head with its point at (x, y), in the direction (dx, dy)."""
    back_x, back_y = x - 7 * dx, y - 7 * dy
    side_x, side_y = 3.2 * dy, 3.2 * dx
    corners = [(x, y), (back_x + side_x, back_y + side_y), (back_x - side_x, back_y - side_y)]
    points = " ".join(f"{number(a)},{number(b)}" for a, b in corners)
    return f'<polygon points="{points}" fill="{colour}"/>'
