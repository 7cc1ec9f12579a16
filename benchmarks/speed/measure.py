"""Times of several ways to do one thing, side by side."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

Step = Callable[[], object]


@dataclass(frozen=True)
class Time:
    """Milliseconds: the median, and the quartiles; and the median ratio to the first way."""

    median: float
    low: float
    high: float
    ratio: float


def side_by_side(ways: Mapping[str, Step], rounds: int) -> dict[str, Time]:
    """Every round runs every way once, beginning with another; ratios are within a round.

    The first way is the one that the others are compared with.
    """
    names = list(ways)
    samples: dict[str, list[float]] = {name: [] for name in names}
    for name in names:
        ways[name]()
        ways[name]()
    gc.collect()
    gc.disable()
    try:
        for k in range(rounds):
            for i in range(len(names)):
                name = names[(i + k) % len(names)]
                began = time.perf_counter()
                ways[name]()
                samples[name].append((time.perf_counter() - began) * 1e3)
    finally:
        gc.enable()
    first = np.array(samples[names[0]])
    return {name: _time(np.array(own), first) for name, own in samples.items()}


def _time(own: np.ndarray, first: np.ndarray) -> Time:
    low, middle, high = np.quantile(own, (0.25, 0.5, 0.75))
    return Time(float(middle), float(low), float(high), float(np.median(own / first)))
