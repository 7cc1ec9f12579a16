"""What a number of seeds can show: power, the smallest effect seen, the seeds that would settle.

All are averages of normal probabilities over what the sample may say its noise is: the seeds' SD (a
scaled chi) and the text's, each on a grid of quantiles, with Satterthwaite's degrees of freedom at
each. Without noise of the text that is the noncentral t (difference, non-inferiority) and Owen's Q
(equivalence), without their numerical edges at 2 seeds and small alpha.
Source: Owen (1965), "A special case of a bivariate non-central t-distribution"; Julious (2004),
"Sample sizes for clinical trials with normal data".
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats
from scipy.special import ndtr, stdtrit

from cellsearch.report.statistics import RESOLUTION, SPANS, Numbers
from cellsearch.report.statistics.stragglers import FALSE_ALARMS, FEWEST

WANTED = 0.8
MOST_SEEDS = 10_000


class Design(NamedTuple):
    """One test as planned: n pairs, one-sided or two-sided level alpha, and the noise.

    Attributes:
        n: pairs of seeds.
        alpha: the level.
        sd: of one seed's difference, in nats.
        text: standard error of the text's part, in nats, which no seed makes smaller.
    """

    n: int
    alpha: float
    sd: float
    text: float = 0.0

    @property
    def error(self) -> float:
        """True standard error of the mean difference."""
        return math.hypot(self.sd / math.sqrt(self.n), self.text)


class Settle(NamedTuple):
    """Seeds at which an inconclusive variant would be settled, and as what; None: over the most."""

    seeds: int | None
    as_what: str


def difference_power(effect: float, design: Design) -> float:
    """Chance that the two-sided paired t test finds a true mean difference of `effect` nats."""
    reach = _reach(design, design.alpha / 2)
    shift = effect / design.error
    return float(np.mean(ndtr(shift - reach) + ndtr(-shift - reach)))


def smallest_effect(design: Design) -> float:
    """The true difference in nats that the two-sided test finds with a chance of 80%.

    With alpha divided by the size of the family this is the strictest step of Holm's procedure.
    It takes the noise for known. Not to be read as a bound on the effect that is there.
    """
    design = design._replace(sd=max(design.sd, RESOLUTION))
    top = (float(_reach(design, design.alpha / 2).max()) + 10) * design.error
    wanted = WANTED / _tested(design.n)
    return float(optimize.brentq(lambda e: difference_power(e, design) - wanted, 0, top))


def settled_power(effect: float, design: Design, margin: float) -> dict[str, float]:
    """Chances of each class that can be shown at a true `effect`, at one step's alpha in each test.

    In the order in which a verdict is given: difference first, then equivalence, then
    non-inferiority. What they lack to 1 is the chance of "inconclusive", and of "unstable" by a
    false alarm.
    """
    shift, edge = effect / design.error, margin / design.error
    two, one = _reach(design, design.alpha / 2), _reach(design, design.alpha)
    worse, better = ndtr(shift - two), ndtr(-shift - two)
    high = np.minimum(edge - one, two)
    same = np.maximum(ndtr(high - shift) - ndtr(-high - shift), 0) * (high > 0)
    not_worse = np.maximum(ndtr(high - shift) - ndtr(-two - shift), 0)
    chances = {"worse": worse, "better": better, "equivalent": same, "not worse": not_worse - same}
    tested = _tested(design.n)
    return {name: tested * float(np.mean(chance)) for name, chance in chances.items()}


def seeds_to_settle(effect: float, design: Design, margin: float) -> Settle:
    """The fewest seeds at which some verdict has a chance of 80%, and which is the likeliest.

    It takes the estimates of effect and noise at face value, so it is a plan for the next look and
    no finding (Hoenig & Heisey 2001, "The abuse of power"). The design's own n is not read.
    """
    design = design._replace(sd=max(design.sd, RESOLUTION))
    seeds = _fewest(effect, design, margin)
    chances = settled_power(effect, design._replace(n=seeds or MOST_SEEDS), margin)
    return Settle(seeds, max(chances, key=lambda name: chances[name]))


def _fewest(effect: float, design: Design, margin: float) -> int | None:
    """Bisection: power grows with the number of seeds."""

    def enough(n: int) -> bool:
        return sum(settled_power(effect, design._replace(n=n), margin).values()) >= WANTED

    low, high = 1, 2
    while not enough(high):
        if high >= MOST_SEEDS:
            return None
        low, high = high, min(2 * high, MOST_SEEDS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _tested(seeds: int) -> float:
    """Chance that no seed of a healthy variant is taken for a straggler."""
    return 1.0 if seeds < FEWEST else 1 - FALSE_ALARMS


def _reach(design: Design, tail: float) -> Numbers:
    """The critical distance in true standard errors, for each noise that the sample may show."""
    of_seeds, freedom = design.sd**2 / design.n, SPANS - 1
    if design.text == 0:
        seeds = of_seeds * _scales(design.n - 1, 1000)
        return np.asarray(-stdtrit(design.n - 1, tail) * np.sqrt(seeds) / design.error)
    seeds, text = np.meshgrid(
        of_seeds * _scales(design.n - 1, 100), design.text**2 * _scales(freedom, 40)
    )
    shares = seeds**2 / (design.n - 1) + text**2 / freedom
    known = np.maximum((seeds + text) ** 2 / shares, min(design.n, SPANS) - 1)
    return np.asarray(-stdtrit(known, tail) * np.sqrt(seeds + text) / design.error).ravel()


@lru_cache(maxsize=256)
def _scales(freedom: int, points: int) -> Numbers:
    """Sample variance / true variance at the middle of `points` slices of equal probability."""
    middles = (np.arange(points) + 0.5) / points
    return np.asarray(stats.chi2.ppf(middles, freedom) / freedom, dtype=np.float64)
