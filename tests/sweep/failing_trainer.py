"""The trainer that only counts, out of memory where a test says so; for one process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cellsearch.config import TrialConfig
from cellsearch.record import Failure, Outcome
from cellsearch.testing.trainer import train as count

TRAINER = f"{__name__}:train"
# By variant and learning rate: the budget in tokens from which on it fails.
FAILS: dict[tuple[str, float], int] = {}


# Who began, until where, and whether there was something to go on from.
BEGUN: list[tuple[str, int | None, bool]] = []


def train(
    trial: TrialConfig, *, until: int | None = None, checkpoint: Path, **means: Any
) -> Outcome:
    """Count, or fail."""
    BEGUN.append((trial.variant, until, checkpoint.exists()))
    fails_from = FAILS.get((trial.variant, trial.train.optimizer.learning_rate))
    if fails_from is not None and (until is None or until >= fails_from):
        return Outcome(status="failed", error=Failure(kind="oom", message="no memory"))
    return count(trial, until=until, checkpoint=checkpoint, **means)
