"""Two variants on the same seeds, and what pairing bought."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from cellsearch.report.statistics.scale import RESOLUTION, Numbers

Losses = Mapping[int, float]


class Paired(NamedTuple):
    """Two variants seen on the same seeds: `variant[k]` and `base[k]` come from `seeds[k]`."""

    seeds: tuple[int, ...]
    base: Numbers
    variant: Numbers

    @property
    def differences(self) -> Numbers:
        """Variant minus base, a number per seed."""
        return self.variant - self.base


class Spread(NamedTuple):
    """Standard deviation of one difference: with common seeds, with separate ones; correlation."""

    paired: float
    unpaired: float
    correlation: float | None


def paired(base: Losses, variant: Losses) -> Paired:
    """The losses on the seeds that both have finished, in the order of the seeds.

    Source: pairing by common random numbers, see Law (2015), Simulation Modeling and Analysis,
    ch. 11. Not to be used where a seed is missing *because of* its loss (divergence): the pairs
    that are left are the lucky ones.
    """
    seeds = tuple(sorted(set(base) & set(variant)))
    return Paired(seeds, _numbers(base, seeds), _numbers(variant, seeds))


def spread(pairs: Paired) -> Spread:
    """What pairing bought: SD of a difference with common and with separate seeds, and Pearson's r.

    The unpaired SD is the root of the summed variances. Not to be used with fewer than 2 pairs;
    the correlation is None with fewer than 3, where it could only be -1 or 1, or without variance.
    """
    variances = pairs.base.var(ddof=1), pairs.variant.var(ddof=1)
    return Spread(
        paired=float(pairs.differences.std(ddof=1)),
        unpaired=math.sqrt(float(sum(variances))),
        correlation=_correlation(pairs, min(map(float, variances))),
    )


def _correlation(pairs: Paired, variance: float) -> float | None:
    if len(pairs.seeds) < 3 or variance < RESOLUTION**2:
        return None
    return float(np.corrcoef(pairs.base, pairs.variant)[0, 1])


def _numbers(losses: Losses, seeds: Sequence[int]) -> Numbers:
    return np.array([losses[s] for s in seeds], dtype=np.float64)
