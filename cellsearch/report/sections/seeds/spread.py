"""The spread over seeds, what it leaves of a mean's error, and what more seeds would bring."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cellsearch.report.document import Block, Column, Paragraph, Table
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.findings import Rules, Verdict


def spread(verdicts: Sequence[Verdict], rules: Rules) -> list[Block]:
    """A row for each variant but the base, and what the columns say."""
    _, *judged = verdicts
    return [_table(judged), Paragraph(_words(rules))] if judged else []


def _table(judged: Sequence[Verdict]) -> Table:
    return Table(
        name="spread",
        caption="Spread over seeds, and what so many seeds can see",
        columns=[
            Column("Variant", numeric=False),
            Column("n", "paired"),
            Column("Diverged"),
            Column("SD paired", "%"),
            Column("SD unpaired", "%"),
            Column("r", "with the base"),
            Column("SE seeds", "%"),
            Column("SE text", "%"),
            Column("SE both", "%"),
            Column("Sees", "80% power, Holm"),
            Column("Would settle", "seeds"),
        ],
        rows=[_row(verdict) for verdict in judged],
        data=pd.DataFrame([_record(verdict) for verdict in judged]),
    )


def _row(verdict: Verdict) -> list[str]:
    found, diverged = verdict.estimate, str(len(verdict.sample.diverged))
    if found is None:
        return [verdict.variant.name, "under 2", diverged, *[words.MISSING] * 8]
    return [
        verdict.variant.name,
        str(len(found.seeds)),
        diverged,
        words.significant(100 * found.spread.paired),
        words.significant(100 * found.spread.unpaired),
        words.decimal(found.spread.correlation),
        *(_percents(error) for error in (found.noise.seeds, found.noise.text, found.noise.error)),
        words.size(found.smallest_effect) if verdict.whole else words.MISSING,
        words.settle(verdict.settle),
    ]


def _percents(error: float | None) -> str:
    return words.MISSING if error is None else words.significant(100 * error)


def _record(verdict: Verdict) -> dict[str, object]:
    found, settle = verdict.estimate, verdict.settle
    return {
        "variant": verdict.variant.name,
        "paired_seeds": len(found.seeds) if found else 0,
        "diverged": len(verdict.sample.diverged),
        "sd_paired_nats": found.spread.paired if found else None,
        "sd_unpaired_nats": found.spread.unpaired if found else None,
        "correlation": found.spread.correlation if found else None,
        "se_seeds_nats": found.noise.seeds if found else None,
        "se_text_nats": found.noise.text if found else None,
        "se_nats": found.noise.error if found else None,
        "degrees_of_freedom": found.noise.freedom if found else None,
        "stragglers": " ".join(map(str, found.stragglers)) if found else "",
        "smallest_effect_nats": found.smallest_effect if found else None,
        "seeds_to_settle": settle.seeds if settle else None,
    }


def _words(rules: Rules) -> str:
    level = f"α = {rules.alpha:.3g}"
    if rules.contrasts:
        level = f"Holm's strictest step, {level} / {len(rules.contrasts)}"
    return (
        "SDs are of one seed's difference, in % of perplexity (100 × nats): paired as run, "
        "unpaired as it would be with separate seeds; r is the correlation over seeds. SEs are of "
        "the mean difference: what other seeds would change, what other text of this kind would "
        "change (0: no more is seen than the seeds' noise), and both, which the verdict uses. "
        "Sees: the smallest true change that the difference test finds in 80 of 100 studies at "
        f"{level}. Would settle: seeds in all, counted as one more look, that settle it in 80 of "
        "100 studies, if effect and noise are as estimated; a plan, no finding."
    )
