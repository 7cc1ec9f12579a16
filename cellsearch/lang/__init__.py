"""The cell language: text <-> cell, edits, rules, spaces."""

from cellsearch.lang.cells import parse_cell, parse_cells
from cellsearch.lang.edits import edit_cell, prune
from cellsearch.lang.library import library, load_cell, load_cells, names, read_cells
from cellsearch.lang.printer import print_cell, print_line
from cellsearch.lang.spaces import is_space, members

__all__ = [
    "edit_cell",
    "is_space",
    "library",
    "load_cell",
    "load_cells",
    "members",
    "names",
    "parse_cell",
    "parse_cells",
    "print_cell",
    "print_line",
    "prune",
    "read_cells",
]
