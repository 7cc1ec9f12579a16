"""How the learning rate moves. A pure function of the step, so there is no state to save."""

from __future__ import annotations

import math

from cellsearch.config import ScheduleConfig


def share(config: ScheduleConfig, step: int, steps: int) -> float:
    """The share of the learning rate that update `step` (from 0) of `steps` is made with.

    The warm-up rises linearly and reaches 1 with its last update; the decay begins after it.
    """
    warmup = round(config.warmup * steps)
    if step < warmup:
        return (step + 1) / warmup
    return _decay(config, step - warmup, steps - warmup)


def _decay(config: ScheduleConfig, step: int, steps: int) -> float:
    done = step / steps
    match config.name:
        case "constant":
            return 1.0
        case "step":
            return _by_periods(config, step, steps)
        case "linear":
            left = 1.0 - done
        case "cosine":
            # Loshchilov & Hutter 2017, one period without restarts.
            left = (1.0 + math.cos(math.pi * done)) / 2.0
    return config.final + (1.0 - config.final) * left


def _by_periods(config: ScheduleConfig, step: int, steps: int) -> float:
    # In whole numbers: a quotient may be rounded to the wrong side of a border.
    assert config.periods is not None
    period = step * config.periods // steps
    return math.pow(config.factor, max(period + 1 - config.hold, 0))
