"""The verdict table, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellsearch.cli import say

if TYPE_CHECKING:
    from cellsearch.report.verdicts.rows import Row
    from cellsearch.store import Journal

_HEADS = (
    *("variant", "verdict", "test|perplexity", "change", "95%, alone", "95%, all|together"),
    *("seeds", "parameters", "time|× base"),
)
# What a narrow terminal does without, the first of them first; the report has it all.
_SPARE = (
    *("95%, all|together", "parameters", "time|× base", "seeds", "test|perplexity"),
    "95%, alone",
)


def print_verdicts(journal: Journal) -> None:
    """A row per variant, the base first, then each verdict in a sentence."""
    from cellsearch import report

    rows = report.verdict(journal)
    say.line(f"\n{journal.study.spec.name}: {journal.study.spec.question}".rstrip(": "))
    say.table(_HEADS, [_cells(row) for row in rows], text=2, spare=_SPARE)
    for row in rows:
        say.line(f"{row.variant}: {row.sentence}")
    say.line()


def _cells(row: Row) -> list[str]:
    return [
        row.variant,
        row.kind,
        row.perplexity,
        row.change,
        row.interval,
        row.simultaneous,
        row.seeds,
        say.whole(row.parameters),
        "–" if row.ratio is None else f"{row.ratio:.2f}",
    ]
