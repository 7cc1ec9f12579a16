"""Nats and percent."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

# A loss in float32 is not known more finely. No spread is taken to be smaller, so that two runs
# that differ by rounding alone (a mirror from a mirrored start) are never a "significant" result.
RESOLUTION = 1e-7


class Interval(NamedTuple):
    """A confidence interval, both ends included, on the scale of the estimand."""

    low: float
    high: float


def percent(effect: float) -> float:
    """A difference of losses as a change of perplexity in percent: 100 (exp(d) - 1).

    An interval from 2 seeds may reach further than a float can say; it is cut at exp(700).
    """
    return 100 * math.expm1(min(effect, 700.0))


def percents(interval: Interval) -> Interval:
    """An interval of differences as one of changes in percent."""
    return Interval(percent(interval.low), percent(interval.high))


def margin_in_nats(margin: float) -> float:
    """The margin on the scale of the estimand: ln(1 + margin), used to either side of 0.

    So a margin of 3% means ratios of perplexity from 1/1.03 to 1.03.
    """
    return math.log1p(margin)
