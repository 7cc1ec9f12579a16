"""The standard error of a mean difference: of the seeds, of the text, and of both together.

Seeds and places in the text are crossed: a difference d[s, b] of seed s in span b of the test text
is the true one, plus what the seed brings, plus what the span brings to all seeds, plus what the
two bring together (a two-way layout with both ways random).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from cellsearch.report.statistics.paired import Losses, paired
from cellsearch.report.statistics.scale import RESOLUTION, Numbers

# Neighbouring blocks of a text are alike (correlations of 0.2 to 0.6 between hundredths of it), so
# what is taken for independent is larger.
SPANS = 10


class Noise(NamedTuple):
    """Standard errors of a mean difference, in nats.

    Attributes:
        seeds: what other seeds would change, on this text.
        text: what other text of the same kind would change; 0 where no more is seen than the
            seeds' own noise, None where nothing is known.
        error: both together, by which a verdict is made.
        freedom: degrees of freedom of `error`.
    """

    seeds: float
    text: float | None
    error: float
    freedom: float


def noise_of(differences: Numbers, blocks: Numbers | None = None) -> Noise:
    """The noise of the mean of paired differences.

    Args:
        differences: [n], variant minus base on each seed.
        blocks: [n, B], the same in consecutive blocks of the text; None: not known. Fewer than
            `SPANS` blocks say nothing.

    The text's part is the method of moments' estimate of its variance component, never below 0:
    (MS of spans - MS of what seed and span bring together) / n, from means over `SPANS` spans
    (batch means: Conway 1963, "Some tactical problems in digital simulation"). Variances add, with
    Satterthwaite's degrees of freedom.
    Source: Cornfield & Tukey (1956), "Average values of mean squares in factorials"; Satterthwaite
    (1946), "An approximate distribution of estimates of variance components". Not to be used with
    fewer than 2 seeds, with stragglers or diverged seeds, or for a text that changes its nature
    halfway: whole parts of it are then no sample.
    """
    n = len(differences)
    if n < 2:
        raise ValueError(f"got {n} paired seeds, expected 2 or more")
    seeds = max(float(differences.std(ddof=1)), RESOLUTION) / math.sqrt(n)
    if blocks is None or blocks.shape[1] < SPANS:
        return Noise(seeds, None, seeds, n - 1)
    spans, together = _mean_squares(_spans(blocks))
    text = (spans - together) / (n * SPANS)
    if text <= RESOLUTION**2:
        return Noise(seeds, 0.0, seeds, n - 1)
    variance = seeds**2 + text
    shares = (
        seeds**4 / (n - 1)
        + (spans / (n * SPANS)) ** 2 / (SPANS - 1)
        + (together / (n * SPANS)) ** 2 / ((n - 1) * (SPANS - 1))
    )
    # A sum of parts is known no worse than the part that is known worst.
    freedom = max(variance**2 / shares, min(n, SPANS) - 1)
    return Noise(seeds, math.sqrt(text), math.sqrt(variance), freedom)


def by_seeds(base: Losses, variant: Losses) -> tuple[float, Noise] | None:
    """Mean of the paired differences, and its noise by the seeds alone; None with fewer than 2.

    Not to be used for what should hold on other text, too.
    """
    differences = paired(base, variant).differences
    return (float(differences.mean()), noise_of(differences)) if len(differences) > 1 else None


def _spans(blocks: Numbers) -> Numbers:
    """Means of neighbouring blocks: [n, SPANS]."""
    parts = np.array_split(blocks, SPANS, axis=1)
    return np.stack([part.mean(axis=1) for part in parts], axis=1)


def _mean_squares(spans: Numbers) -> tuple[float, float]:
    """Of the spans, and of what seed and span bring together."""
    n, count = spans.shape
    by_span, by_seed = spans.mean(axis=0), spans.mean(axis=1, keepdims=True)
    rest = spans - by_span - by_seed + spans.mean()
    together = float((rest**2).sum()) / ((n - 1) * (count - 1))
    return n * float(by_span.var(ddof=1)), together
