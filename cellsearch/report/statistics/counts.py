"""Shares and ranks: what is left to say where a seed diverged."""

from __future__ import annotations

import numpy as np
from scipy import stats

from cellsearch.report.statistics.scale import Interval


def wilson(count: int, of: int, level: float = 0.95) -> Interval:
    """Interval for a proportion, `count` of `of`.

    Source: Wilson (1927), "Probable inference, the law of succession". Not to be used with
    `of` = 0, nor where the trials that are missing are missing because of their outcome.
    """
    found = stats.binomtest(count, of).proportion_ci(level, method="wilson")
    return Interval(float(found.low), float(found.high))


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
