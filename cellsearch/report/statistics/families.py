"""Many variants, and many looks at the data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# The chance of any false claim in a family, over all looks that will ever be taken.
ALPHA = 0.05
# Coverage of an interval for one variant alone, whatever else was looked at.
POINTWISE = 0.95
# Of what is left of it each look spends so much.
SPENT = 0.75


def alpha_at(look: int) -> float:
    """The level of every test at this look at the data, from 1: 0.0375, 0.0094, 0.0023, …

    They add up to `ALPHA`, so seeds may be added whenever one likes, and one may stop at the first
    look that pleases. Dividing alpha by the number of looks so far does not do that: it makes four
    looks err in 8% to 9% of studies.
    Source: alpha spending, Lan & DeMets (1983), "Discrete sequential boundaries for clinical
    trials", with Bonferroni's inequality in place of the joint law. Not to be read as the error of
    tests on *other* data: a new study has an alpha of its own.
    """
    return float(ALPHA * SPENT * (1 - SPENT) ** (look - 1))


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for the size of their family, step down, in the order given.

    Source: Holm (1979), "A simple sequentially rejective multiple test procedure". Holds under any
    dependence, and all variants share one base. The family must be the one that was planned: a
    contrast that cannot be tested enters with p = 1, it does not leave.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(steps, 1.0)
    return [float(value) for value in adjusted]


def simultaneous_level(alpha: float, contrasts: int) -> float:
    """Coverage that each of `contrasts` intervals needs for all to hold at once: 1 - alpha/m.

    Source: Bonferroni; Dunn (1961), "Multiple comparisons among means". Wider than Holm needs, so
    Holm may find a difference whose simultaneous interval still touches 0; never the reverse.
    """
    return 1 - alpha / max(contrasts, 1)
