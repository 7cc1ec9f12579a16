"""What the shapes mean, at the foot of the picture: only those that occur in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cellsearch.derive.diagram import pens
from cellsearch.derive.diagram.figure import Figure, Kind
from cellsearch.derive.diagram.metrics import width
from cellsearch.derive.diagram.words import plain

_SIZE = 11.0
_ROW = 20.0
_SWATCH, _GAP = 24.0, 12.0


@dataclass(frozen=True)
class _Entry:
    """What is said of a kind, with the sign in its circle, or how round its box is."""

    kind: Kind
    says: str
    sign: str = ""
    round_: float = 1.5


_ENTRIES = (
    _Entry("gate", "gate", round_=7),
    _Entry("activation", "activation", round_=3),
    _Entry("linear", "product with weights"),
    _Entry("sum", "sum, no matrix in it"),
    _Entry("product", "matrix product"),
    _Entry("function", "function", round_=3),
    _Entry("noise", "noise", round_=3),
    _Entry("times", "elementwise product", "⊙"),
    _Entry("plus", "sum", "+"),
    _Entry("over", "quotient", "÷"),
    _Entry("mix", "interpolation: shares of its inlets", round_=2),
)


@dataclass(frozen=True)
class Legend:
    """Rows of entries, each with its place from the left."""

    rows: tuple[tuple[tuple[float, _Entry], ...], ...]

    @property
    def tall(self) -> float:
        return _ROW * len(self.rows)


def legend(figure: Figure, room: float) -> Legend:
    """The legend of a figure in rows no wider than there is room."""
    kinds = {item.kind for item in figure.items}
    rows: list[list[tuple[float, _Entry]]] = [[]]
    x = 0.0
    for entry in (e for e in _ENTRIES if e.kind in kinds):
        wide = _SWATCH + width(plain(entry.says), _SIZE)
        if x + wide > room and rows[-1]:
            rows.append([])
            x = 0.0
        rows[-1].append((x, entry))
        x += wide + _GAP
    return Legend(tuple(map(tuple, rows)) if rows[0] else ())


def written(found: Legend, left: float, top: float) -> Iterator[str]:
    """The legend drawn."""
    for k, row in enumerate(found.rows):
        for x, entry in row:
            yield from _entry(entry, left + x, top + _ROW * k + _ROW / 2)


def _entry(entry: _Entry, x: float, y: float) -> Iterator[str]:
    if entry.sign:
        yield pens.circle(entry.kind, x + 9, y, 7)
        yield pens.words(plain(entry.sign), x + 9, y + 3.5, _SIZE)
    else:
        yield pens.box(entry.kind, x, y - 7, 18, 14, entry.round_)
    yield pens.words(plain(entry.says), x + _SWATCH, y + 4, _SIZE, "start", pens.GREY)
