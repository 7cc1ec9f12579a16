"""What a notebook shows of a cell: its equations, typeset, and its graph, drawn.

`Cell` itself knows nothing of this: `show_cells` gives it IPython's hook when a name of the package
that has to do with cells is first used (`cellsearch/__init__.py`).
"""

from __future__ import annotations

from html import escape
from typing import Any

from cellsearch.derive.diagram import svg
from cellsearch.derive.latex import equations
from cellsearch.derive.where import where
from cellsearch.errors import CellsearchError
from cellsearch.ir import Cell
from cellsearch.lang import print_cell


def show_cells() -> None:
    """Lets every cell show itself in notebooks."""
    Cell._repr_mimebundle_ = bundle  # type: ignore[attr-defined]


def bundle(cell: Cell, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """A cell by media type, as IPython asks for it.

    A cell that cannot be drawn (it is wrong, or a space of many) shows its text and says why.

    Args:
        cell: what is shown.
        include, exclude: media types; IPython itself leaves out what is not wanted.
    """
    text = print_cell(cell)
    try:
        drawn = svg(cell)
    except CellsearchError as error:
        message = f"<pre>{escape(text)}</pre>\n<p>{escape(str(error))}</p>"
        return {"text/plain": f"{text}\n{error}", "text/html": message}
    typeset = latex(cell)
    scrolled = f'<div style="overflow-x: auto">\n{drawn}</div>'
    return {
        "text/plain": text,
        "text/latex": typeset,
        "image/svg+xml": drawn,
        "text/html": f"<div>{escape(typeset)}</div>\n{scrolled}",
    }


def latex(cell: Cell) -> str:
    """A cell's equations as one display of LaTeX, below it what they leave open."""
    lines = " \\\\\n".join(equations(cell))
    return f"$$\\begin{{aligned}}\n{lines}\n\\end{{aligned}}$$\n{where(cell)}".rstrip()
