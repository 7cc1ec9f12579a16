"""Tables as files: CSV with the numbers, LaTeX with what is read."""

from __future__ import annotations

from pathlib import Path

from cellsearch.report.document import Table
from cellsearch.report.page.latex import to_latex
from cellsearch.store import write_atomically


def save(table: Table, folder: Path) -> None:
    """Write `folder/NAME.csv` and `folder/NAME.tex`."""
    write_atomically(folder / f"{table.name}.csv", to_csv(table).encode())
    write_atomically(folder / f"{table.name}.tex", to_latex(table).encode())


def to_csv(table: Table) -> str:
    """The data with a header line, numbers in full, `\\n` at the end of every line."""
    return table.data.to_csv(index=False, lineterminator="\n")
