"""Edits that write out initial laws, for where a weight goes from which others start."""

from __future__ import annotations

from collections.abc import Iterator

from cellsearch.ir import Cell
from cellsearch.ir.cell import Init, flat
from cellsearch.ir.expressions import names
from cellsearch.ir.widths import substitute
from cellsearch.lang.printer import print_line


def written_out(cell: Cell) -> Iterator[tuple[str, ...]]:
    """For each weight that others start from: the lines by which they start from its law."""
    laws = {li.name: li.value for li in flat(cell.lines) if isinstance(li, Init)}
    for gone, law in laws.items():
        reading = {n: substitute(e, {gone: law}) for n, e in laws.items() if gone in names(e)}
        if reading:
            yield tuple(print_line(Init(n, e)) for n, e in reading.items())
