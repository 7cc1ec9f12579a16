"""The format `latex`: the equations in a document that compiles as it stands."""

from __future__ import annotations

from cellsearch.derive.latex import equations
from cellsearch.export.options import Options
from cellsearch.ir import Cell

_DOCUMENT = r"""\documentclass{{article}}
\usepackage{{amsmath}}
\begin{{document}}
{doc}\begin{{align}}
{lines}
\end{{align}}
\end{{document}}
"""
_SPECIAL = {
    **{c: rf"\{c}" for c in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def export(cell: Cell, options: Options) -> str:
    """A document with the cell's comment and its equations in one `align`."""
    doc = "".join(f"{_plain(line)}\n" for line in cell.doc)
    lines = " \\\\\n".join(f"    {line}" for line in equations(cell))
    return _DOCUMENT.format(doc=doc, lines=lines)


def _plain(text: str) -> str:
    """Text that LaTeX prints as it is."""
    return "".join(_SPECIAL.get(c, c) for c in text)
