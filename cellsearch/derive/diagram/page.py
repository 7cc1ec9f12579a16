"""The whole picture: paper, lines, items, legend, and a word for those who do not see it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from cellsearch.derive.diagram import legend, pens, wires
from cellsearch.derive.diagram.layout import Layout
from cellsearch.derive.diagram.paint import painted
from cellsearch.ir import Cell
from cellsearch.ir.cell import flat
from cellsearch.lang.printer import print_line

_MARGIN, _LEAST = 14.0, 240.0


def page(cell: Cell, found: Layout) -> str:
    """The picture of a cell, as SVG."""
    return "\n".join(_parts(cell, found)) + "\n"


def _parts(cell: Cell, found: Layout) -> Iterator[str]:
    says = legend.legend(found.figure, max(found.wide, _LEAST) - 2 * _MARGIN)
    wide = pens.number(max(found.wide, _LEAST))
    tall = pens.number(found.tall + says.tall + _MARGIN)
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
    yield "</svg>"
