"""Seeds that diverged: their share, and whether it is that of the base."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cellsearch.report.document import Block, Column, Heading, Paragraph, Table
from cellsearch.report.statistics import percent
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.findings import Verdict


def divergence(verdicts: Sequence[Verdict]) -> list[Block]:
    """A row for each variant with a diverged seed; nothing where there is none."""
    shown = [verdict for verdict in verdicts if verdict.sample.diverged]
    if not shown:
        return []
    said = (
        "Share of diverged seeds with Wilson's 95% interval. Fisher's exact test compares counts "
        "with the base's; the sign test compares ranks seed by seed, diverged as worst. Both p are "
        "unadjusted. The change is of survivors, in brackets: they are the lucky ones."
    )
    return [Heading("Divergence"), _table(shown), Paragraph(said)]


def _table(shown: Sequence[Verdict]) -> Table:
    return Table(
        name="stability",
        caption="Seeds that diverged",
        columns=[
            Column("Variant", numeric=False),
            Column("Diverged"),
            Column("Share", "Wilson 95%"),
            Column("Fisher", "p"),
            Column("Sign test", "p"),
            Column("Survivors", "untested"),
        ],
        rows=[_row(verdict) for verdict in shown],
        data=pd.DataFrame([_record(verdict) for verdict in shown]),
    )


def _row(verdict: Verdict) -> list[str]:
    found = verdict.stability
    assert found is not None
    return [
        verdict.variant.name,
        f"{found.diverged} of {found.of}",
        words.share(found.interval),
        words.p_value(found.fisher_p),
        words.p_value(found.sign_p),
        words.estimated(verdict),
    ]


def _record(verdict: Verdict) -> dict[str, object]:
    found, estimate = verdict.stability, verdict.estimate
    assert found is not None
    return {
        "variant": verdict.variant.name,
        "diverged": found.diverged,
        "finished": found.of,
        "share_low": found.interval.low,
        "share_high": found.interval.high,
        "fisher_p": found.fisher_p,
        "sign_p": found.sign_p,
        "survivors_change_percent": percent(estimate.mean) if estimate else None,
    }
