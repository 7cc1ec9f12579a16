"""The format `svg`: one step of the cell as a drawing."""

from __future__ import annotations

from cellsearch.derive.diagram import svg
from cellsearch.export.options import Options
from cellsearch.ir import Cell


def export(cell: Cell, options: Options) -> str:
    """The drawing, complete in itself."""
    return svg(cell)
