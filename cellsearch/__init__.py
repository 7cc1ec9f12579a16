"""The lab bench for recurrent cells.

Names are imported when they are first used, so that `import cellsearch` costs no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cellsearch.errors import CellsearchError, LanguageError
    from cellsearch.ir import Cell, Graph, elaborate
    from cellsearch.lang import edit_cell, load_cell, names, parse_cell, print_cell
    from cellsearch.nn import RNN
    from cellsearch.report import frame

__all__ = [
    "RNN",
    "Cell",
    "CellsearchError",
    "Graph",
    "LanguageError",
    "edit_cell",
    "elaborate",
    "frame",
    "load_cell",
    "names",
    "parse_cell",
    "print_cell",
]

_ROOMS = {
    "RNN": "nn",
    "Cell": "ir",
    "Graph": "ir",
    "elaborate": "ir",
    "CellsearchError": "errors",
    "LanguageError": "errors",
    "frame": "report",
}
# Whoever uses these has cells to show.
_WITH_CELLS = frozenset({"ir", "lang", "nn"})


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'cellsearch' has no attribute '{name}'")
    room = _ROOMS.get(name, "lang")
    if room in _WITH_CELLS:
        import_module("cellsearch.notebook").show_cells()
    return getattr(import_module(f"cellsearch.{room}"), name)
