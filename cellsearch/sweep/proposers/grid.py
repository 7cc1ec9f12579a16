"""Every variant with every seed."""

from __future__ import annotations

from collections.abc import Iterable

from cellsearch.sweep.trials import Trial


def grid(trials: Iterable[Trial]) -> list[Trial]:
    """All trials, a seed of every variant before the next seed: an early look compares them."""
    return sorted(trials, key=lambda trial: trial.config.seed)
