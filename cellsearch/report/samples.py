"""What each variant's seeds gave, as the verdict needs it: plain numbers, no frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cellsearch.record import TrialLine, Variant
    from cellsearch.store import Journal

BASE = "base"


@dataclass(frozen=True)
class Sample:
    """The seeds of one variant.

    Attributes:
        planned: how many seeds the study asks for.
        losses: test loss in nats per token of every seed that is done.
        diverged: the seeds that diverged. The rest is missing: failed, pruned or not yet run.
    """

    planned: int
    losses: Mapping[int, float]
    diverged: frozenset[int]

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
    """The planned trials that the journal holds, by variant and in the order of the seeds.

    A variant that is identical to another and has no trials of its own shares the other's.
    """
    found: dict[str, list[TrialLine]] = {v.name: [] for v in journal.study.variants}
    for trial in sorted(journal.trials, key=lambda trial: trial.seed):
        if trial.variant in found and trial.seed < journal.seeds:
            found[trial.variant].append(trial)
    for variant in journal.study.variants:
        if not found[variant.name] and variant.identical_to in found:
            found[variant.name] = found[variant.identical_to]
    return found


def twin(variant: Variant, variants: Mapping[str, Variant]) -> str | None:
    """The variant of this study with which a mirror or a placebo shares its law; None: not here."""
    if variant.mirror_of is None:
        return BASE if variant.placebo else variant.identical_to
    if variant.mirror_of in variants:
        return variant.mirror_of
    named = (v.name for v in variants.values() if v.cell_name == variant.mirror_of)
    return next(named, None)


def _sample(trials: list[TrialLine], planned: int) -> Sample:
    done = {t.seed: t.outcome.metrics.get("test_loss") for t in trials if _is(t, "done")}
    return Sample(
        planned=planned,
        losses={seed: loss for seed, loss in done.items() if loss is not None},
        diverged=frozenset(t.seed for t in trials if _is(t, "diverged")),
    )


def _is(trial: TrialLine, status: str) -> bool:
    return trial.outcome.status == status
