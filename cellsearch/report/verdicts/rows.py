"""The verdict table as data: a row per variant, numbers first, words from `words.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellsearch.report.statistics import Interval, percent, percents
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.findings import Findings, Verdict

if TYPE_CHECKING:
    from cellsearch.record import Variant
    from cellsearch.report.verdicts.samples import Sample


@dataclass(frozen=True)
class Row:
    """One line of the verdict table.

    Attributes:
        variant: its name.
        kind: the class, with k/n where unstable.
        seeds: those that its numbers are of, `4 of 5` where some are missing.
        diverged: how many of them diverged.
        perplexity: on the test text, of the mean loss; in brackets where seeds diverged.
        change: change of perplexity against the base; in brackets where it was not tested.
        interval: 95%, for this variant alone; none where it was not tested.
        simultaneous: the interval that holds for all contrasts at once.
        test_perplexity, change_percent, interval_percent, simultaneous_percent: the same as
            numbers.
        p_adjusted: of the difference, after Holm; None where not tested.
        parameters, flops: counted, of what the sweep matches by (`cells` or `model`); FLOPs
            forward, per token.
        us_per_token, ratio: measured in training, and as a ratio to the base; None: not measured.
        sentence: the verdict in plain words.
    """

    variant: str
    kind: str
    seeds: str
    diverged: int
    perplexity: str
    change: str
    interval: str
    simultaneous: str
    test_perplexity: float | None
    change_percent: float | None
    interval_percent: Interval | None
    simultaneous_percent: Interval | None
    p_adjusted: float | None
    parameters: int
    flops: int
    us_per_token: float | None
    ratio: float | None
    sentence: str


def rows(findings: Findings) -> list[Row]:
    """A row per variant in the order of the plan."""
    return [_row(verdict, findings) for verdict in findings.verdicts.values()]


def counted(variant: Variant, of: str) -> tuple[int, int]:
    """Parameters and forward FLOPs per token, of the `cell`s or of the whole `model`."""
    if of == "model":
        return variant.model_parameters, variant.model_flops_forward
    return variant.cell_cost.parameters, variant.cell_cost.flops_forward


def _row(verdict: Verdict, findings: Findings) -> Row:
    estimate, shown, spec = verdict.estimate, verdict.whole, findings.journal.study.spec
    parameters, flops = counted(verdict.variant, spec.match.of)
    bench = next((b for b in findings.journal.benches if b.variant == verdict.variant.name), None)
    return Row(
        variant=verdict.variant.name,
        kind=words.label(verdict),
        seeds=words.seeds(verdict),
        diverged=len(verdict.sample.diverged),
        perplexity=_perplexity(verdict.sample),
        change=words.estimated(verdict),
        interval=words.interval(shown.pointwise if shown else None),
        simultaneous=words.interval(shown.simultaneous if shown else None),
        test_perplexity=verdict.sample.perplexity,
        change_percent=percent(estimate.mean) if estimate else None,
        interval_percent=percents(shown.pointwise) if shown else None,
        simultaneous_percent=percents(shown.simultaneous) if shown else None,
        p_adjusted=verdict.adjusted.difference if verdict.adjusted else None,
        parameters=parameters,
        flops=flops,
        us_per_token=bench.us_per_token_training if bench else None,
        ratio=bench.ratio_to_base if bench else None,
        sentence=words.sentence(verdict, findings),
    )


def _perplexity(sample: Sample) -> str:
    shown = words.decimal(sample.perplexity, 3)
    return f"[{shown}]" if sample.losses and sample.diverged else shown
