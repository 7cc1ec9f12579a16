"""What the verdicts rest on: every seed, the spread, the tests, what more seeds would bring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from cellsearch.report.data import frames
from cellsearch.report.document import Block, Paragraph
from cellsearch.report.sections.seeds.divergence import divergence
from cellsearch.report.sections.seeds.every import every_seed
from cellsearch.report.sections.seeds.spread import spread
from cellsearch.report.sections.seeds.tests import tests
from cellsearch.report.sections.summary.conditions import backends, learning_rates
from cellsearch.report.verdicts.findings import Findings, Rules, Verdict

TITLE = "Seeds and tests"
ABOUT = "spread, power, p-values, the perplexity of every seed"
ORDER = 50


class Info(NamedTuple):
    """The verdicts in the order of the plan, every trial, and the conditions."""

    verdicts: tuple[Verdict, ...]
    trials: pd.DataFrame
    seeds: int
    rules: Rules
    learning_rates: str
    backends: str


def info(findings: Findings) -> Info:
    """From the verdicts and the trials."""
    return Info(
        verdicts=tuple(findings.verdicts.values()),
        trials=frames.trials(findings.journal),
        seeds=findings.journal.seeds,
        rules=findings.rules,
        learning_rates=learning_rates(findings),
        backends=backends(findings),
    )


def draw(info: Info) -> Sequence[Block]:
    """Spread and power, tests, stability, every seed."""
    return [
        Paragraph(f"Learning rate: {info.learning_rates}. Backend: {info.backends}."),
        *spread(info.verdicts, info.rules),
        *tests(info.verdicts, info.rules),
        *divergence(info.verdicts),
        *every_seed(info.trials, info.seeds),
    ]
