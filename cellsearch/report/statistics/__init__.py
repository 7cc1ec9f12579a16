"""The estimators and tests behind a verdict, each a function of plain numbers.

The estimand is ln(perplexity of a variant / perplexity of the base) on text of the test's kind: the
difference of their mean losses in nats per token, paired by seed. Everything is on that scale;
`percent` turns it into a change of perplexity.

scale       nats and percent
paired      two variants on the same seeds, and what pairing bought
noise       the standard error of a mean difference: of the seeds, of the text, of both
tests       interval, difference, equivalence, non-inferiority
families    many variants, and many looks at the data
counts      shares and ranks: what is left where a seed diverged
stragglers  seeds that ended far from the others
"""

from cellsearch.report.statistics.counts import fisher_p, sign_p, wilson
from cellsearch.report.statistics.families import (
    ALPHA,
    POINTWISE,
    alpha_at,
    holm,
    simultaneous_level,
)
from cellsearch.report.statistics.noise import SPANS, Noise, by_seeds, noise_of
from cellsearch.report.statistics.paired import Losses, Paired, Spread, paired, spread
from cellsearch.report.statistics.scale import (
    RESOLUTION,
    Interval,
    Numbers,
    margin_in_nats,
    percent,
    percents,
)
from cellsearch.report.statistics.stragglers import stragglers
from cellsearch.report.statistics.tests import (
    difference_p,
    equivalence_p,
    noninferiority_p,
    t_interval,
)

__all__ = [
    "ALPHA",
    "POINTWISE",
    "RESOLUTION",
    "SPANS",
    "Interval",
    "Losses",
    "Noise",
    "Numbers",
    "Paired",
    "Spread",
    "alpha_at",
    "by_seeds",
    "difference_p",
    "equivalence_p",
    "fisher_p",
    "holm",
    "margin_in_nats",
    "noise_of",
    "noninferiority_p",
    "paired",
    "percent",
    "percents",
    "sign_p",
    "simultaneous_level",
    "spread",
    "stragglers",
    "t_interval",
    "wilson",
]
