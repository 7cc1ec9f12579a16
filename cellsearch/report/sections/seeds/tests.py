"""The p-values of the three families."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cellsearch.report.document import Block, Column, Heading, Paragraph, Table
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.findings import Rules, Verdict


def tests(verdicts: Sequence[Verdict], rules: Rules) -> list[Block]:
    """A row for each variant that was tested."""
    tested = [verdict for verdict in verdicts if verdict.adjusted]
    if not tested:
        return []
    said = (
        f"Adjusted by Holm within each family of {len(rules.contrasts)}; a test succeeds at "
        f"p ≤ {rules.alpha:.3g}. Equivalence is two one-sided tests, non-inferiority one, each at "
        "that level. Unadjusted values are in tables/tests.csv."
    )
    return [Heading("Three families of tests"), _table(tested), Paragraph(said)]


def _table(tested: Sequence[Verdict]) -> Table:
    return Table(
        name="tests",
        caption="Adjusted p-values",
        columns=[
            Column("Variant", numeric=False),
            Column("Difference", "p, Holm"),
            Column("Equivalence", "p, Holm"),
            Column("Non-inferiority", "p, Holm"),
        ],
        rows=[_row(verdict) for verdict in tested],
        data=pd.DataFrame([_record(verdict) for verdict in tested]),
    )


def _row(verdict: Verdict) -> list[str]:
    found = verdict.adjusted
    assert found is not None
    p_values = (found.difference, found.equivalence, found.noninferiority)
    return [verdict.variant.name, *map(words.p_value, p_values)]


def _record(verdict: Verdict) -> dict[str, object]:
    raw, adjusted = verdict.raw, verdict.adjusted
    assert raw is not None and adjusted is not None
    return {
        "variant": verdict.variant.name,
        "difference_p": raw.difference,
        "difference_p_holm": adjusted.difference,
        "equivalence_p": raw.equivalence,
        "equivalence_p_holm": adjusted.equivalence,
        "noninferiority_p": raw.noninferiority,
        "noninferiority_p_holm": adjusted.noninferiority,
    }
