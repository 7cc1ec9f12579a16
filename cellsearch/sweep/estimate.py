"""What a sweep will take, from a short training of every variant by what will train it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cellsearch.errors import TrialError
from cellsearch.record import Outcome, StudyLine, Variant
from cellsearch.sweep.executors.base import Executor, Failed, Finished, WorkItem
from cellsearch.sweep.shelf import file_name
from cellsearch.sweep.trials import Maker, Trial
from cellsearch.sweep.tuning.climb import Climb, budgets
from cellsearch.sweep.tuning.tuning import settings, tuned

# Updates between two looks at the clock. The first look is after compiling, and after caches.
_FROM, _TO = 3, 23


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one variant takes.

    Attributes:
        variant: as it was planned.
        tuning: training tokens of all its trials in the tuning.
        update_seconds: of one update.
        reading_seconds: of one reading of validation.
        trials: how many it has, in the tuning and in the comparison.
        seconds: of all of them together, one after the other.
    """

    variant: Variant
    tuning: int
    update_seconds: float
    reading_seconds: float
    trials: int
    seconds: float


def estimate(study: StudyLine, executor: Executor, folder: Path) -> list[Estimate]:
    """Train every variant for some updates, as many at once as will run at once.

    Args:
        study: the plan.
        executor: what will train.
        folder: for what the trials leave; of no use afterwards.

    Raises:
        TrialError: a variant cannot be trained.
    """
    maker = Maker(study, study.spec.task)
    trials = [maker.seeded(variant, 0) for variant in study.variants]
    early = _outcomes(executor, trials, folder, _FROM)
    late = _outcomes(executor, trials, folder, _TO)
    each = {v.name: _tuning_tokens(study) for v in tuned(study)}
    return [
        _estimate(study, t.variant, each.get(t.variant.name, 0), early[t.key], late[t.key])
        for t in trials
    ]


def _outcomes(
    executor: Executor, trials: list[Trial], folder: Path, updates: int
) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    for event in executor.run(_items(trials, folder, updates)):
        if isinstance(event, Finished):
            found[event.key] = event.outcome
        if isinstance(event, Failed) and not event.again:
            raise TrialError(f"it cannot be trained: {event.failure.message}")
    for trial in trials:
        outcome = found.get(trial.key)
        if outcome is None or outcome.status == "failed":
            why = outcome.error.message if outcome and outcome.error else "it was stopped"
            raise TrialError(f"variant '{trial.variant.name}' cannot be trained: {why}")
    return found


def _items(trials: list[Trial], folder: Path, updates: int) -> Iterator[WorkItem]:
    # Of two variants with one key one is trained.
    for trial in {trial.key: trial for trial in trials}.values():
        train = trial.config.train
        place = folder / file_name(trial.key)
        yield WorkItem(trial.key, trial.config, place, until=updates * train.batch * train.segment)


def _estimate(
    study: StudyLine, variant: Variant, tuning: int, early: Outcome, late: Outcome
) -> Estimate:
    train = study.spec.train
    updates = max(1, late.steps - early.steps)
    update = (late.times["train"] - early.times["train"]) / updates
    per_update = train.batch * train.segment
    # What the early look read is not in it: it was saved before that.
    reading = late.times.get("evaluate", 0.0) / _readings(late, late.steps * per_update)
    tokens = tuning + study.spec.seeds * train.tokens
    trials = study.spec.seeds + (settings(study) if tuning else 0)
    # Validation while it trains, test, and validation from the last state of training.
    readings = trials * (train.evaluations + 2)
    seconds = math.ceil(tokens / per_update) * update + readings * reading
    return Estimate(variant, tuning, update, reading, trials, seconds)


def _readings(paused: Outcome, tokens: int) -> int:
    """How often validation was read up to a pause, which reads it unless that was just done."""
    curves = paused.curves
    points = zip(curves.tokens, curves.valid_loss, strict=True)
    return len({at for at, loss in points if loss is not None} | {tokens})


def _tuning_tokens(study: StudyLine) -> int:
    tune = study.spec.tune
    assert tune is not None
    rungs = budgets(tune.tokens or study.spec.train.tokens, tune.halving)
    factor = tune.halving.factor if tune.halving else 1
    return Climb(settings(study), len(rungs), factor, None).left(rungs)
