"""The estimators and tests behind a verdict, each a function of plain numbers.

The estimand is ln(perplexity of a variant / perplexity of the base) on the test text: the
difference of their mean losses in nats per token, paired by seed. Everything is on that scale;
`percent` turns it into a change of perplexity.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Losses = Mapping[int, float]
Numbers = NDArray[np.float64]

# A loss in float32 is not known more finely. No spread is taken to be smaller, so that two runs
# that differ by rounding alone (a mirror from a mirrored start) are never a "significant" result.
RESOLUTION = 1e-7


class Interval(NamedTuple):
    """A confidence interval, both ends included, on the scale of the estimand."""

    low: float
    high: float


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


def t_interval(differences: Numbers, level: float) -> Interval:
    """Paired t interval for the mean difference, two-sided, of coverage `level`.

    Source: Student (1908), "The probable error of a mean". Exact for normal differences. Not to be
    used with fewer than 2 pairs, nor with stragglers or diverged seeds: with 15% stragglers, 10 to
    20 SDs off, and n = 5 a 95% interval covered the mean in 55% to 68% of simulated studies.
    """
    half = stats.t.isf((1 - level) / 2, len(differences) - 1) * _standard_error(differences)
    mean = float(np.mean(differences))
    return Interval(mean - float(half), mean + float(half))


def difference_p(differences: Numbers) -> float:
    """Two-sided p of the paired t test that the mean difference is 0.

    Source: Student (1908). Not to be used where `t_interval` is not.
    """
    return min(1.0, 2 * _upper(differences, abs(float(np.mean(differences)))))


def noninferiority_p(differences: Numbers, margin: float) -> float:
    """One-sided p against "worse by the margin (in nats) or more".

    Source: paired t; Blackwelder (1982), "Proving the null hypothesis in clinical trials". The
    margin must have been fixed before the data were seen. Not to be used where `t_interval` is not.
    """
    return _upper(differences, margin - float(np.mean(differences)))


def equivalence_p(differences: Numbers, margin: float) -> float:
    """p of two one-sided tests against "differs by the margin (in nats) or more", the larger one.

    Source: Schuirmann (1987), "A comparison of the two one-sided tests procedure". At level alpha
    it agrees with the interval of coverage 1 - 2 alpha lying inside the margins. The margin must
    have been fixed before the data were seen. Not to be used where `t_interval` is not.
    """
    return max(noninferiority_p(differences, margin), noninferiority_p(-differences, margin))


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for the size of their family, step down, in the order given.

    Source: Holm (1979), "A simple sequentially rejective multiple test procedure". Holds under any
    dependence, and all variants share one base. The family must be the one that was planned: a
    contrast that cannot be tested enters with p = 1, it does not leave.
    """
    from statsmodels.stats.multitest import multipletests

    adjusted: Any = multipletests(list(p_values), method="holm")[1] if p_values else []
    return [float(p) for p in adjusted]


def simultaneous_level(alpha: float, contrasts: int) -> float:
    """Coverage that each of `contrasts` intervals needs for all to hold at once: 1 - alpha/m.

    Source: Bonferroni; Dunn (1961), "Multiple comparisons among means". Wider than Holm needs, so
    Holm may find a difference whose simultaneous interval still touches 0; never the reverse.
    """
    return 1 - alpha / max(contrasts, 1)


def wilson(count: int, of: int, level: float = 0.95) -> Interval:
    """Interval for a proportion, `count` of `of`.

    Source: Wilson (1927), "Probable inference, the law of succession". Not to be used with
    `of` = 0, nor where the trials that are missing are missing because of their outcome.
    """
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(count, of, alpha=1 - level, method="wilson")
    return Interval(float(low), float(high))


def fisher_p(diverged: int, of: int, base_diverged: int, base_of: int) -> float:
    """Two-sided p that variant and base diverge equally often.

    Source: Fisher (1935), "The logic of inductive inference". It ignores the pairing by seed,
    which makes it careful, not wrong.
    """
    table = np.array([[diverged, of - diverged], [base_diverged, base_of - base_diverged]])
    return float(stats.fisher_exact(table).pvalue)


def sign_p(worse: int, better: int) -> float:
    """Two-sided p that a variant is as often worse as better than the base on the same seed.

    Source: Arbuthnot (1710); Dixon & Mood (1946), "The statistical sign test". A diverged run
    counts as worse than any finite one; ties are left out. It sees ranks, not sizes.
    """
    if worse + better == 0:
        return 1.0
    return float(stats.binomtest(worse, worse + better, 0.5).pvalue)


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


def _standard_error(differences: Numbers) -> float:
    if len(differences) < 2:
        raise ValueError(f"got {len(differences)} paired seeds, expected 2 or more")
    return max(float(differences.std(ddof=1)), RESOLUTION) / math.sqrt(len(differences))


def _upper(differences: Numbers, distance: float) -> float:
    """P(t > distance in standard errors)."""
    scaled = distance / _standard_error(differences)
    return float(stats.t.sf(scaled, len(differences) - 1))
