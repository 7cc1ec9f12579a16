"""A cell's graph drawn as papers draw cells: gates, states, products; time runs to the right.

`reading` makes a figure of a graph; `ranks`, `order`, `place` and `route` find columns, orders,
heights and ways (`layout` calls them); `page` paints.
"""

from __future__ import annotations

from cellsearch.derive.diagram.layout import laid_out
from cellsearch.derive.diagram.page import page
from cellsearch.derive.diagram.reading import read
from cellsearch.errors import LanguageError
from cellsearch.ir import Cell

__all__ = ["svg"]

MOST_ITEMS = 1_000


def svg(cell: Cell) -> str:
    """One step of a cell as an SVG that stands alone: no scripts, fonts, links or ids.

    The state comes in at the left and its new value leaves at the right, inputs come from below,
    the output leaves above.

    Raises:
        LanguageError: the cell cannot be elaborated, or has too many parts to be looked at.
    """
    figure = read(cell)
    if len(figure.items) > MOST_ITEMS:
        message = f"'{cell.name}' has {len(figure.items)} parts, more than {MOST_ITEMS} to draw"
        raise LanguageError(message, cell.at)
    return page(cell, laid_out(figure))
