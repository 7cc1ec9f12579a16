"""A cell's graph drawn as papers draw cells: gates, states, products; time runs to the right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html import escape

from cellsearch.derive.diagram import pens, wires
from cellsearch.derive.diagram.layout import Layout, layout
from cellsearch.derive.diagram.legend import legend, written
from cellsearch.derive.diagram.paint import painted
from cellsearch.derive.diagram.reading import read
from cellsearch.ir import Cell, elaborate
from cellsearch.lang import print_cell

__all__ = ["svg"]

_MARGIN, _LEAST = 14.0, 240.0


def svg(cell: Cell) -> str:
    """One step of a cell as an SVG that stands alone: no scripts, fonts, links or ids.

    The state comes in at the left and its new value leaves at the right, inputs come from below,
    the output leaves above.

    Raises:
        LanguageError: the cell cannot be elaborated.
    """
    found = layout(read(elaborate(cell)))
    return "\n".join(_parts(cell, found)) + "\n"


def _parts(cell: Cell, found: Layout) -> Iterator[str]:
    says = legend(found.figure, max(found.wide, _LEAST) - 2 * _MARGIN)
    wide = pens.number(max(found.wide, _LEAST))
    tall = pens.number(found.tall + says.tall + _MARGIN)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {wide} {tall}" '
        f'width="{wide}" height="{tall}" font-family="{pens.FONT}">'
    )
    yield f"<title>{cell.name}</title>"
    yield f"<desc>One step of the cell.\n{escape(print_cell(replace(cell, doc=())))}</desc>"
    yield f'<rect width="{wide}" height="{tall}" rx="8" fill="{pens.PAPER}"/>'
    yield from wires.drawn(found)
    for i in range(len(found.figure.items)):
        yield from painted(found, i)
    yield from written(says, _MARGIN, found.tall)
    yield "</svg>"
