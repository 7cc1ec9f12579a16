"""What the verdicts rest on: every seed, the spread, the tests, what more seeds would bring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from cellsearch.report.data import frames
from cellsearch.report.document import Block, Column, Fold, Heading, Paragraph, Table
from cellsearch.report.sections.summary.conditions import backends, learning_rates
from cellsearch.report.statistics import percent
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.findings import Findings, Verdict

TITLE = "Seeds and tests"
ABOUT = "spread, power, p-values, the perplexity of every seed"
ORDER = 50
SHOWN = 12


class Info(NamedTuple):
    """The verdicts in the order of the plan, every trial, and the conditions."""

    verdicts: tuple[Verdict, ...]
    trials: pd.DataFrame
    seeds: int
    alpha: float
    contrasts: int
    learning_rates: str
    backends: str


def info(findings: Findings) -> Info:
    """From the verdicts and the trials."""
    return Info(
        verdicts=tuple(findings.verdicts.values()),
        trials=frames.trials(findings.journal),
        seeds=findings.journal.seeds,
        alpha=findings.rules.alpha,
        contrasts=len(findings.rules.contrasts),
        learning_rates=learning_rates(findings),
        backends=backends(findings),
    )


def draw(info: Info) -> Sequence[Block]:
    """Spread and power, tests, stability, every seed."""
    return [
        Paragraph(f"Learning rate: {info.learning_rates}. Backend: {info.backends}."),
        *_spreads(info),
        *_tests(info),
        *_stability(info),
        *_seeds(info),
    ]


def _spreads(info: Info) -> list[Block]:
    compared = len(info.verdicts) > 1
    return [_spread(info), Paragraph(_spread_words(info))] if compared else []


def _spread(info: Info) -> Table:
    judged = info.verdicts[1:]
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
        rows=[_spread_row(verdict) for verdict in judged],
        data=pd.DataFrame([_spread_record(verdict) for verdict in judged]),
    )


def _spread_row(verdict: Verdict) -> list[str]:
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


def _spread_record(verdict: Verdict) -> dict[str, object]:
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


def _spread_words(info: Info) -> str:
    level = f"α = {info.alpha:.3g}"
    if info.contrasts:
        level = f"Holm's strictest step, {level} / {info.contrasts}"
    return (
        "SDs are of one seed's difference, in % of perplexity (100 × nats): paired as run, "
        "unpaired as it would be with separate seeds; r is the correlation over seeds. SEs are of "
        "the mean difference: what other seeds would change, what other text of this kind would "
        "change (0: no more is seen than the seeds' noise), and both, which the verdict uses. "
        "Sees: the smallest true change that the difference test finds in 80 of 100 studies at "
        f"{level}. Would settle: seeds in all, counted as one more look, that settle it in 80 of "
        "100 studies, if effect and noise are as estimated; a plan, no finding."
    )


def _tests(info: Info) -> list[Block]:
    tested = [verdict for verdict in info.verdicts if verdict.adjusted]
    if not tested:
        return []
    said = (
        f"Adjusted by Holm within each family of {info.contrasts}; a test succeeds at "
        f"p ≤ {info.alpha:.3g}. Equivalence is two one-sided tests, non-inferiority one, each at "
        "that level. Unadjusted values are in tables/tests.csv."
    )
    return [Heading("Three families of tests"), _test_table(tested), Paragraph(said)]


def _test_table(tested: Sequence[Verdict]) -> Table:
    return Table(
        name="tests",
        caption="Adjusted p-values",
        columns=[
            Column("Variant", numeric=False),
            Column("Difference", "p, Holm"),
            Column("Equivalence", "p, Holm"),
            Column("Non-inferiority", "p, Holm"),
        ],
        rows=[_test_row(verdict) for verdict in tested],
        data=pd.DataFrame([_test_record(verdict) for verdict in tested]),
    )


def _test_row(verdict: Verdict) -> list[str]:
    found = verdict.adjusted
    assert found is not None
    p_values = (found.difference, found.equivalence, found.noninferiority)
    return [verdict.variant.name, *map(words.p_value, p_values)]


def _test_record(verdict: Verdict) -> dict[str, object]:
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


def _stability(info: Info) -> list[Block]:
    if not any(verdict.sample.diverged for verdict in info.verdicts):
        return []
    said = (
        "Share of diverged seeds with Wilson's 95% interval. Fisher's exact test compares counts "
        "with the base's; the sign test compares ranks seed by seed, diverged as worst. Both p are "
        "unadjusted. The change is of survivors, in brackets: they are the lucky ones."
    )
    return [Heading("Divergence"), _stability_table(info), Paragraph(said)]


def _stability_table(info: Info) -> Table:
    shown = [v for v in info.verdicts if v.stability and v.sample.diverged]
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
        rows=[_stability_row(verdict) for verdict in shown],
        data=pd.DataFrame([_stability_record(verdict) for verdict in shown]),
    )


def _stability_row(verdict: Verdict) -> list[str]:
    found, estimate = verdict.stability, verdict.estimate
    assert found is not None
    return [
        verdict.variant.name,
        f"{found.diverged} of {found.of}",
        words.share(found.interval),
        words.p_value(found.fisher_p),
        words.p_value(found.sign_p),
        f"[{words.change(estimate.mean)}]" if estimate else words.MISSING,
    ]


def _stability_record(verdict: Verdict) -> dict[str, object]:
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


def _seeds(info: Info) -> list[Block]:
    if info.seeds > SHOWN:
        said = f"All {len(info.trials)} trials, seed by seed, are in tables/seeds.csv."
        return [Heading("Every seed"), Paragraph(said), _quantiles(info)]
    return [Fold("Every seed: test perplexity", [_seed_table(info)])]


def _seed_table(info: Info) -> Table:
    by_variant = info.trials.groupby("variant", sort=False)
    return Table(
        name="seeds",
        caption="Test perplexity of every seed",
        columns=[
            Column("Variant", numeric=False),
            *(Column(f"{s}", "seed") for s in range(info.seeds)),
        ],
        rows=[[str(name), *map(_seed_cell, frames.records(own))] for name, own in by_variant],
        data=info.trials,
    )


def _seed_cell(trial: dict[str, Any]) -> str:
    status = str(trial["status"])
    return words.decimal(trial["test_perplexity"], 3) if status == "done" else status


def _quantiles(info: Info) -> Table:
    done = info.trials[info.trials["status"] == "done"]
    found = done.groupby("variant", sort=False)["test_perplexity"].describe()
    names = ("min", "25%", "50%", "75%", "max")
    return Table(
        name="seeds",
        caption="Test perplexity over the seeds that are done",
        columns=[
            Column("Variant", numeric=False),
            Column("Done"),
            *(
                Column(name)
                for name in ("lowest", "quarter", "median", "three quarters", "highest")
            ),
        ],
        rows=[
            [str(name), words.whole(row["count"]), *(words.decimal(row[q], 3) for q in names)]
            for name, row in found.iterrows()
        ],
        data=info.trials,
    )
