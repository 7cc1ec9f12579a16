"""Perplexity at equal cost: learning curves read at equal FLOPs, at equal measured time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from cellsearch.report.data.along import EqualCost, Reading, at_equal_cost
from cellsearch.report.data.costs import measured
from cellsearch.report.document import Block, Cell, Column, Paragraph, Table
from cellsearch.report.statistics import percent, percents
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.findings import Findings
from cellsearch.report.verdicts.rows import counted

TITLE = "Perplexity at equal cost"
ABOUT = "each learning curve read where all have cost the same"
ORDER = 35

# What is equal but for so much is called equal.
NEARLY = 0.01


class Info(NamedTuple):
    """The readings at equal training FLOPs and time, where there are any, and what to mind."""

    flops: EqualCost | None
    seconds: EqualCost | None
    parameters: str
    schedule: str


def info(findings: Findings) -> Info:
    """Cost per token times tokens, along every curve."""
    flops = {n: 3.0 * v.variant.model_flops_forward for n, v in findings.verdicts.items()}
    seconds = {n: bench.us_per_token_training / 1e6 for n, bench in measured(findings)}
    return Info(
        flops=at_equal_cost(findings, flops),
        seconds=at_equal_cost(findings, seconds),
        parameters=_parameters(findings),
        schedule=_schedule(findings),
    )


def draw(info: Info) -> Sequence[Block]:
    """A table for each cost; nothing where there is nobody to compare."""
    blocks: list[Block] = []
    if info.flops:
        said = f"{info.flops.budget:.3g}".replace("e+", "e") + " training FLOPs of the whole model"
        blocks.append(_table("equal_flops", said, info.flops))
    if info.seconds:
        said = f"{words.significant(info.seconds.budget)} s of measured training time"
        blocks.append(_table("equal_time", said, info.seconds))
    if not blocks:
        return []
    return [Paragraph(f"{_HOW} {info.schedule}"), *blocks, Paragraph(info.parameters)]


_HOW = (
    "Every variant read the same tokens; here each is seen when it had cost the same instead: "
    "tokens times the cost of a token, at the largest cost that all reach. Perplexity is on the "
    "validation text, since the test text is read once, at the end. It is interpolated along the "
    "learning curve in a straight line between two points, seed by seed. Intervals are 95% t "
    "intervals for one variant alone, by the noise of the seeds; changes are paired by seed. "
    "Nothing here is tested or enters a verdict."
)


def _schedule(findings: Findings) -> str:
    used = [t.config.train.schedule for t in findings.journal.trials]
    if all(s.name == "constant" and s.warmup == 0 for s in used):
        return (
            "The learning rate was constant, so a curve read early is that of a shorter training."
        )
    if all(s.name == "constant" for s in used):
        return (
            "The learning rate was constant after a warm-up, which a shorter training would have "
            "had shorter: read early, a curve is nearly that of one."
        )
    return (
        "The learning rate was scheduled over the whole training: a curve read early is not that "
        "of a shorter training, whose rate would have fallen in time. This does the dearer "
        "variants an injustice."
    )


def _parameters(findings: Findings) -> str:
    match = findings.journal.study.spec.match
    noun = "cells" if match.of == "cell" else "whole model"
    each = {n: counted(v.variant, match.of)[0] for n, v in findings.verdicts.items()}
    if not each["base"]:
        return f"The base's {noun} have no parameters, so nothing can be at equal ones."
    shares = [number / each["base"] for number in each.values()]
    low, high = 100 * min(shares), 100 * max(shares)
    if high - low <= 100 * NEARLY:
        return (
            f"Parameters of the {noun} are equal but for {high - low:.2g}%: the verdicts "
            "themselves are at equal parameters."
        )
    return (
        f"Parameters of the {noun} are not equal, from {low:.0f}% to {high:.0f}% of the base's. "
        "What a variant would reach at equal parameters cannot be read off one width. It takes a "
        "sweep with match: {by: params}, or the same variants at several widths, which cellsearch "
        "compare reads together."
    )


_COLUMNS = (
    Column("Variant", numeric=False),
    Column("Tokens", "read by then"),
    Column("Perplexity", "validation"),
    Column("Change"),
    Column("95%", "alone"),
    Column("Seeds"),
)


def _table(name: str, budget: str, equal: EqualCost) -> Table:
    return Table(
        name=name,
        caption=f"At {budget}, interpolated along the curve",
        columns=_COLUMNS,
        rows=[_row(reading) for reading in equal.readings],
        data=pd.DataFrame([_record(reading, equal.budget) for reading in equal.readings]),
    )


def _row(reading: Reading) -> list[Cell]:
    shown = words.decimal(reading.perplexity, 3)
    return [
        reading.name,
        words.whole(reading.at),
        shown if reading.stable or not reading.losses else f"[{shown}]",
        words.change(reading.change),
        words.interval(reading.interval),
        seeds(reading),
    ]


def seeds(reading: Reading) -> str:
    """How many there are, and what is amiss with them."""
    found = str(len(reading.losses))
    if reading.diverged:
        return f"{found}, {reading.diverged} diverged"
    return found if reading.stable else f"{found}, unstable"


def _record(reading: Reading, budget: float) -> dict[str, object]:
    low, high = percents(reading.interval) if reading.interval else (None, None)
    return {
        "variant": reading.name,
        "cost": budget,
        "tokens": reading.at,
        "valid_perplexity": reading.perplexity,
        "change_percent": None if reading.change is None else percent(reading.change),
        "interval_low_percent": low,
        "interval_high_percent": high,
        "seeds": len(reading.losses),
        "diverged": reading.diverged,
    }
