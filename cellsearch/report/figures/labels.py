"""Names beside points, without one covering another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from cellsearch.report.figures.drawing import INK, MUTED, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Offsets tried in turn, in points: a name further off would not be seen to belong to its point.
_STEPS = (0.0, *(sign * 8.0 * k for k in range(1, 8) for sign in (-1, 1)))
_GAP = 8.0
LONGEST = 26


class Label(NamedTuple):
    """A name for the point (x, y), which a bar from `low` to `high` crosses; in the axes' data."""

    text: str
    x: float
    y: float
    low: float
    high: float


class _Box(NamedTuple):
    left: float
    low: float
    right: float
    high: float

    def meets(self, other: _Box) -> bool:
        apart = (
            self.right < other.left
            or other.right < self.left
            or self.high < other.low
            or other.high < self.low
        )
        return not apart

    def within(self, frame: _Box) -> bool:
        across = self.left >= frame.left and self.right <= frame.right
        return across and self.low >= frame.low and self.high <= frame.high


def shorten(text: str, most: int = LONGEST) -> str:
    """A long name without its middle."""
    most = max(most, 8)
    return text if len(text) <= most else f"{text[: most - 7]}…{text[-6:]}"


def place(ax: Axes, labels: Sequence[Label], size: float = 9) -> int:
    """Write each label, the first ones first, where it is free, with a line where it moved.

    Returns:
        How many were left out, since there was no room for them.
    """
    labels = [label._replace(text=shorten(label.text)) for label in labels]
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]
    scale = ax.figure.dpi / 72
    points = [ax.transData.transform((label.x, label.y)) / scale for label in labels]
    ends = [ax.transData.transform([(a.low, a.y), (a.high, a.y)]) / scale for a in labels]
    taken = [_Box(e[0, 0] - 4, e[0, 1] - 4, e[1, 0] + 4, e[1, 1] + 4) for e in ends]
    window = ax.get_window_extent()
    frame = _Box(window.x0 / scale, window.y0 / scale, window.x1 / scale, window.y1 / scale)
    left_out = 0
    for label, point in zip(labels, points, strict=True):
        if found := _free(label.text, point, size, taken, frame):
            side, rise, box = found
            taken.append(box)
            _write(ax, label, side, rise, size)
        else:
            left_out += 1
    return left_out


def _free(
    text: str, point: Any, size: float, taken: list[_Box], frame: _Box
) -> tuple[int, float, _Box] | None:
    """Side (1 right, -1 left), rise in points, and the box of the first free place, if any is."""
    places = [(side, rise) for rise in _STEPS for side in (1, -1)]
    boxes = [(side, rise, _box(text, point, side, rise, size)) for side, rise in places]
    inside = [found for found in boxes if found[2].within(frame)] or boxes
    free = (found for found in inside if not any(found[2].meets(other) for other in taken))
    return next(free, None)


def _box(text: str, point: Any, side: int, rise: float, size: float) -> _Box:
    # DejaVu Sans takes 0.6 of its size per letter, more than what a page's own font takes.
    width, x, y = 0.6 * size * len(text), float(point[0]), float(point[1]) + rise
    left = x + _GAP if side > 0 else x - _GAP - width
    return _Box(left, y - 0.7 * size, left + width, y + 0.7 * size)


def _write(ax: Axes, label: Label, side: int, rise: float, size: float) -> None:
    line = {"arrowstyle": "-", "color": MUTED, "linewidth": 0.6, "shrinkA": 1, "shrinkB": 3}
    written = ax.annotate(
        label.text,
        (label.x, label.y),
        xytext=(side * _GAP, rise),
        textcoords="offset points",
        ha="left" if side > 0 else "right",
        va="center",
        fontsize=size,
        color=INK,
        bbox={"boxstyle": "square,pad=0.1", "facecolor": PAPER, "edgecolor": "none"},
        arrowprops=line if rise else None,
    )
    # The layout must not shrink the axes to make room for names.
    written.set_in_layout(False)
