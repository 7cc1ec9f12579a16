"""Tables as files: CSV with the numbers, LaTeX (booktabs) with what is read."""

from __future__ import annotations

from pathlib import Path

from cellsearch.report.document import Column, Table, text_of
from cellsearch.store import write_atomically

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "−": r"$-$",
    "–": "--",
    "±": r"$\pm$",
    "×": r"$\times$",
    "≤": r"$\leq$",
    "α": r"$\alpha$",
    "µ": r"$\mu$",
    "[": "{[}",
    "]": "{]}",
}


def save(table: Table, folder: Path) -> None:
    """Write `folder/NAME.csv` and `folder/NAME.tex`."""
    write_atomically(folder / f"{table.name}.csv", to_csv(table).encode())
    write_atomically(folder / f"{table.name}.tex", to_latex(table).encode())


def to_csv(table: Table) -> str:
    """The data with a header line, numbers in full, `\\n` at the end of every line."""
    return table.data.to_csv(index=False, lineterminator="\n")


def to_latex(table: Table) -> str:
    """A `tabular` for `\\usepackage{booktabs}`; the words below a class are left out."""
    columns = table.columns
    body = [[escape(text_of(cell)) for cell in row] for row in table.rows]
    lines = [
        f"% {table.caption}. Needs \\usepackage{{booktabs}}.",
        f"\\begin{{tabular}}{{{''.join('r' if c.numeric else 'l' for c in columns)}}}",
        r"\toprule",
        _row([escape(column.heading) for column in columns]),
        *([_row([_small(column) for column in columns])] if any(c.note for c in columns) else []),
        r"\midrule",
        *(_row(cells) for cells in body),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Text that LaTeX sets as it stands, on one line."""
    return "".join(_LATEX.get(c, c) for c in " ".join(text.split()))


def _small(column: Column) -> str:
    return f"\\footnotesize {escape(column.note)}" if column.note else ""


def _row(cells: list[str]) -> str:
    return f"{' & '.join(cells)} \\\\"
