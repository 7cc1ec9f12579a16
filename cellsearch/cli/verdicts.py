"""The verdict table, in the terminal."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

from cellsearch.cli import say

if TYPE_CHECKING:
    from cellsearch.report.rows import Row
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
    perplexity = _perplexities(journal)
    say.line(f"\n{journal.study.spec.name}: {journal.study.spec.question}".rstrip(": "))
    cells = [_cells(row, perplexity.get(row.variant)) for row in rows]
    say.table(_HEADS, cells, text=2, spare=_SPARE)
    for row in rows:
        say.line(f"{row.variant}: {row.sentence}")
    say.line()


def _perplexities(journal: Journal) -> dict[str, float]:
    """exp of the mean test loss of each variant's seeds that have one."""
    losses: dict[str, list[float]] = {}
    for trial in journal.trials:
        loss = trial.outcome.metrics.get("test_loss")
        if loss is not None:
            losses.setdefault(trial.variant, []).append(loss)
    return {variant: exp(sum(found) / len(found)) for variant, found in losses.items()}


def _cells(row: Row, perplexity: float | None) -> list[str]:
    shown = "–" if perplexity is None else f"{perplexity:.3f}"
    return [
        row.variant,
        row.kind,
        f"[{shown}]" if row.change.startswith("[") else shown,
        row.change,
        row.interval,
        row.simultaneous,
        row.seeds,
        say.whole(row.parameters),
        "–" if row.ratio is None else f"{row.ratio:.2f}",
    ]
