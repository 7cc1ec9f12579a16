"""The format `cell`: the whole text, a derived cell written out."""

from __future__ import annotations

from cellsearch.export.options import Options
from cellsearch.ir import Cell
from cellsearch.lang import print_cell


def export(cell: Cell, options: Options) -> str:
    """The cell in the language, from which it can be read again."""
    return print_cell(cell)
