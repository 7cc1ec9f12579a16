"""What a number of seeds can show: power, the smallest effect seen, the seeds that would settle.

All are averages of normal probabilities over what the sample's SD may turn out to be (a scaled
chi), taken on a grid of its quantiles. That gives the noncentral t (difference, non-inferiority)
and Owen's Q (equivalence) without their numerical edges at 2 seeds and small alpha.
Source: Owen (1965), "A special case of a bivariate non-central t-distribution"; Julious (2004),
"Sample sizes for clinical trials with normal data".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats
from scipy.special import ndtr

from cellsearch.report.statistics import RESOLUTION, Numbers

WANTED = 0.8
MOST_SEEDS = 10_000


class Design(NamedTuple):
    """One test as planned: n pairs, one-sided or two-sided level alpha, SD of a difference."""

    n: int
    alpha: float
    sd: float


class Settle(NamedTuple):
    """Seeds at which an inconclusive variant would be settled, and as what; None: over the most."""

    seeds: int | None
    as_what: str


def difference_power(effect: float, design: Design) -> float:
    """Chance that the two-sided paired t test finds a true mean difference of `effect` nats."""
    reach = _reach(design, design.alpha / 2)
    shift = effect * math.sqrt(design.n) / design.sd
    return float(np.mean(ndtr(shift - reach) + ndtr(-shift - reach)))


def noninferiority_power(effect: float, design: Design, margin: float) -> float:
    """Chance that the one-sided test shows "not worse by the margin" at a true `effect`."""
    shift = (margin - effect) * math.sqrt(design.n) / design.sd
    return float(np.mean(ndtr(shift - _reach(design, design.alpha))))


def equivalence_power(effect: float, design: Design, margin: float) -> float:
    """Chance that two one-sided tests show equivalence within the margin at a true `effect`."""
    root = math.sqrt(design.n) / design.sd
    reach = _reach(design, design.alpha)
    inside = ndtr((margin - effect) * root - reach) - ndtr(reach - (margin + effect) * root)
    return float(np.mean(np.maximum(inside, 0)))


def smallest_effect(design: Design) -> float:
    """The true difference in nats that the two-sided test finds with a chance of 80%.

    With alpha divided by the size of the family this is the strictest step of Holm's procedure.
    It takes the SD for known. Not to be read as a bound on the effect that is there.
    """
    sd = max(design.sd, RESOLUTION)
    unit = Design(design.n, design.alpha, 1.0)
    top = 2 * float(stats.t.isf(design.alpha / 2, design.n - 1)) + 10
    found = optimize.brentq(lambda effect: difference_power(effect, unit) - WANTED, 0, top)
    return float(found) * sd


def seeds_to_settle(effect: float, sd: float, alpha: float, margin: float) -> Settle:
    """The fewest seeds at which some verdict has a chance of 80%, and which verdict that is.

    It takes the estimates of effect and SD at face value, so it is a plan for the next look and no
    finding (Hoenig & Heisey 2001, "The abuse of power").
    """
    sd = max(sd, RESOLUTION)
    wanted: dict[str, Callable[[Design], float]] = {
        "equivalent": lambda design: equivalence_power(effect, design, margin),
        "not worse": lambda design: noninferiority_power(effect, design, margin),
        "worse" if effect > 0 else "better": lambda design: difference_power(effect, design),
    }
    counts = {name: _fewest(power, sd, alpha) for name, power in wanted.items()}
    name = min(counts, key=lambda name: counts[name] or math.inf)
    return Settle(counts[name], name)


def _fewest(power: Callable[[Design], float], sd: float, alpha: float) -> int | None:
    """Bisection: power grows with the number of seeds."""
    low, high = 1, 2
    while power(Design(high, alpha, sd)) < WANTED:
        if high >= MOST_SEEDS:
            return None
        low, high = high, min(2 * high, MOST_SEEDS)
    while high - low > 1:
        middle = (low + high) // 2
        enough = power(Design(middle, alpha, sd)) >= WANTED
        low, high = (low, middle) if enough else (middle, high)
    return high


def _reach(design: Design, tail: float) -> Numbers:
    """The critical distance in true standard errors, for each SD that the sample may show."""
    critical = float(stats.t.isf(tail, design.n - 1))
    return critical * _sample_scales(design.n - 1)


@lru_cache(maxsize=256)
def _sample_scales(freedom: int, points: int = 1000) -> Numbers:
    """Sample SD / true SD at the middle of `points` slices of equal probability."""
    middles = (np.arange(points) + 0.5) / points
    return np.asarray(np.sqrt(stats.chi2.ppf(middles, freedom) / freedom), dtype=np.float64)
