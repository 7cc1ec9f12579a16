"""What each variant's seeds gave, as the verdict needs it: plain numbers, no frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from cellsearch.record import TrialLine
    from cellsearch.store import Journal

BASE = "base"


@dataclass(frozen=True)
class Sample:
    """The seeds of one variant.

    Attributes:
        planned: how many seeds the study asks for.
        losses: test loss in nats per token of every seed that is done.
        diverged: the seeds that diverged. The rest is missing: failed, pruned or not yet run.
        blocks: test loss in consecutive blocks of the text, of the seeds that have it on record.
    """

    planned: int
    losses: Mapping[int, float]
    diverged: frozenset[int]
    blocks: Mapping[int, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def perplexity(self) -> float | None:
        """exp of the mean loss of the seeds that are done; None: there is none."""
        return exp(fmean(self.losses.values())) if self.losses else None

    @property
    def finished(self) -> int:
        """Seeds with a result: done or diverged."""
        return len(self.losses) + len(self.diverged)

    @property
    def missing(self) -> int:
        """Seeds without a result."""
        return self.planned - self.finished


def samples(journal: Journal) -> dict[str, Sample]:
    """A sample for every planned variant, in the order of the plan."""
    by_variant = trials_by_variant(journal)
    return {name: _sample(trials, journal.seeds) for name, trials in by_variant.items()}


def trials_by_variant(journal: Journal) -> dict[str, list[TrialLine]]:
    """The planned trials that the journal holds, by variant and in the order of the seeds."""
    found: dict[str, list[TrialLine]] = {v.name: [] for v in journal.variants}
    for trial in sorted(journal.trials, key=lambda trial: trial.seed):
        if trial.variant in found and trial.seed < journal.seeds:
            found[trial.variant].append(trial)
    return found


def _sample(trials: list[TrialLine], planned: int) -> Sample:
    done = {t.seed: t.outcome.metrics.get("test_loss") for t in trials if _is(t, "done")}
    return Sample(
        planned=planned,
        losses={seed: loss for seed, loss in done.items() if loss is not None},
        diverged=frozenset(t.seed for t in trials if _is(t, "diverged")),
        blocks={
            t.seed: np.array(t.outcome.blocks["test"].loss)
            for t in trials
            if _is(t, "done") and "test" in t.outcome.blocks
        },
    )


def _is(trial: TrialLine, status: str) -> bool:
    return trial.outcome.status == status
