"""The format `latex`: the cell in a document that compiles as it stands."""

from __future__ import annotations

from cellsearch.derive.latex import equations
from cellsearch.derive.where import where
from cellsearch.export.options import Options
from cellsearch.ir import Cell

_DOCUMENT = r"""\documentclass{{article}}
\usepackage{{amsmath, amssymb}}
\begin{{document}}
{doc}\begin{{align}}
{lines}
\end{{align}}
{where}\end{{document}}
"""
_SPECIAL = {
    **{c: rf"\{c}" for c in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def export(cell: Cell, options: Options) -> str:
    """A document: the cell's comment, its equations in one `align`, then consts, widths, starts."""
    doc = "".join(f"{_plain(line)}\n" for line in cell.doc)
    lines = " \\\\\n".join(f"    {line}" for line in equations(cell))
    below = where(cell)
    return _DOCUMENT.format(doc=doc, lines=lines, where=below and f"{below}\n")


def _plain(text: str) -> str:
    """Text that LaTeX prints as it is."""
    return "".join(_SPECIAL.get(c, c) for c in text)
