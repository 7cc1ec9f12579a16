"""What was compared: each cell's equations, and what differs from the base."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cellsearch.report.document import Block, Code, Diff, Fold, Heading, Paragraph
from cellsearch.report.verdicts.findings import Findings
from cellsearch.report.verdicts.samples import BASE

TITLE = "The cells"
ABOUT = "equations, and what differs from the base"
ORDER = 70


class Cell(NamedTuple):
    """One variant's cell."""

    variant: str
    about: str
    changes: tuple[str, ...]
    equations: tuple[str, ...]
    text: str
    latex: tuple[str, ...]
    ranges: tuple[str, ...]
    scan: tuple[str, ...]


class Info(NamedTuple):
    """The base's cell, and those of the variants in the order of the plan."""

    base: Cell
    others: tuple[Cell, ...]


def info(findings: Findings) -> Info:
    """As the plan wrote them down."""
    cells = {name: _cell(findings, name) for name in findings.verdicts}
    base = cells.pop(BASE)
    return Info(base, tuple(cells.values()))


def draw(info: Info) -> Sequence[Block]:
    """The base in full, the others as differences, full text and LaTeX on demand."""
    blocks: list[Block] = [Heading(f"base: {info.base.about}"), Code(_body(info.base), "text")]
    blocks += [*_foretold(info.base), _written_out(info.base)]
    for cell in info.others:
        blocks += [Heading(cell.variant), *_about(cell)]
        blocks += [Diff(cell.changes)] if cell.changes else []
        if (cell.ranges, cell.scan) != (info.base.ranges, info.base.scan):
            blocks += _foretold(cell)
        blocks.append(_written_out(cell))
    return blocks


def _written_out(cell: Cell) -> Fold:
    """The whole cell, and its equations to paste into a paper."""
    lines = " \\\\\n".join(f"  {line}" for line in cell.latex)
    align = f"\\begin{{align*}}\n{lines}\n\\end{{align*}}"
    latex = [Code(align, "latex")] if cell.latex else []
    return Fold(f"{cell.variant}, written out", [Code(cell.text, "text"), *latex])


def _foretold(cell: Cell) -> list[Block]:
    """What was known of its states before it was trained; older journals do not say."""
    told = {"For all weights and inputs": cell.ranges, "Over time": cell.scan}
    lines = [f"{when}: {'. '.join(what)}." for when, what in told.items() if what]
    return [Paragraph(" ".join(lines))] if lines else []


def _cell(findings: Findings, name: str) -> Cell:
    variant = findings.verdicts[name].variant
    about = variant.cell_name if name == BASE else variant.sentence or ""
    written = (variant.changes, variant.equations, variant.cell, variant.latex)
    return Cell(name, about, *written, variant.ranges, variant.scan)


def _about(cell: Cell) -> list[Block]:
    return [Paragraph(cell.about)] if cell.about else []


def _body(cell: Cell) -> str:
    return "\n".join(cell.equations) or cell.text
