"""The whole picture: paper, lines, items, legend, and a word for those who do not see it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from cellsearch.derive.diagram import legend, pens, wires
from cellsearch.derive.diagram.layout import Layout
from cellsearch.derive.diagram.metrics import wrapped
from cellsearch.derive.diagram.paint import painted
from cellsearch.derive.diagram.shapes import LINE, SMALL
from cellsearch.ir import Cell
from cellsearch.ir.cell import flat
from cellsearch.lang.printer import print_line

_MARGIN, _LEAST = 14.0, 240.0


def page(cell: Cell, found: Layout) -> str:
    """The picture of a cell, as SVG."""
    return "\n".join(_parts(cell, found)) + "\n"


def _parts(cell: Cell, found: Layout) -> Iterator[str]:
    room = max(found.wide, _LEAST) - 2 * _MARGIN
    says = legend.legend(found.figure, room)
    notes = [line for n in found.figure.notes for line in wrapped(n, SMALL, room)]
    wide = pens.number(max(found.wide, _LEAST))
    below = found.tall + says.tall
    tall = pens.number(below + LINE * len(notes) + _MARGIN)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {wide} {tall}" '
        f'width="{wide}" height="{tall}" font-family="{pens.FONT}">'
    )
    yield f"<title>{cell.name}</title>"
    lines = "\n".join(map(print_line, flat(cell.lines)))
    yield f"<desc>One step of the cell:\n{escape(lines, quote=False)}</desc>"
    yield f'<rect width="{wide}" height="{tall}" rx="8" fill="{pens.PAPER}"/>'
    yield from wires.drawn(found)
    for i in range(len(found.figure.items)):
        yield from painted(found, i)
    yield from legend.written(says, _MARGIN, found.tall)
    for k, note in enumerate(notes):
        yield pens.words(note, _MARGIN, below + LINE * (k + 1), SMALL, "start")
    yield "</svg>"
