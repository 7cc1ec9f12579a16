"""Seeds that ended far from the others, without diverging."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellsearch.report.statistics.scale import RESOLUTION, Numbers

# From 3 seeds to 30: the largest |d - median| / MAD that 98 of 100 normal samples stay within, from
# two million samples each. With few seeds the MAD itself is noise: the usual limit of 5 would call
# 22% of healthy variants with 5 seeds stragglers, and 14% with 10.
_LIMITS = (
    *(82.8, 16.6, 19.2, 11.6, 12.3, 9.64, 9.99, 8.62, 8.83, 8.02, 8.15, 7.61, 7.72, 7.32),
    *(7.4, 7.11, 7.17, 6.94, 7, 6.81, 6.86, 6.7, 6.74, 6.62, 6.66, 6.55, 6.58, 6.48),
)
FEWEST = 3
# How many healthy variants are taken for unstable.
FALSE_ALARMS = 0.02


def stragglers(differences: Numbers) -> NDArray[np.bool_]:
    """Which of the differences [n] lie further from their median than chance lets them.

    By the median absolute deviation (Hampel 1974, "The influence curve and its role in robust
    estimation"), at a limit that one normal sample in fifty passes. It sees a straggler only
    where the others agree: with 3 seeds hardly ever. Not to be used to drop seeds: it says that a
    mean and its t interval are no summary of these.
    """
    n = len(differences)
    if n < FEWEST:
        return np.zeros(n, dtype=np.bool_)
    away = np.abs(differences - np.median(differences))
    deviation = max(float(np.median(away)), RESOLUTION)
    return np.asarray(away > limit(n) * deviation)


def limit(seeds: int) -> float:
    """How many MADs from the median a straggler begins."""
    return _LIMITS[min(seeds - FEWEST, len(_LIMITS) - 1)]
