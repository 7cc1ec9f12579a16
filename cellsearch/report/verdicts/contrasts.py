"""A variant held against the base: the difference on each seed, and its noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellsearch.report import statistics as st

if TYPE_CHECKING:
    from cellsearch.report.verdicts.samples import Sample


@dataclass(frozen=True)
class Contrast:
    """What two variants' common seeds say of their difference, in nats; tested or not.

    Attributes:
        pairs: their losses on the common seeds.
        mean: of the differences.
        noise: of that mean.
        stragglers: the seeds that ended far from the others.
    """

    pairs: st.Paired
    mean: float
    noise: st.Noise
    stragglers: tuple[int, ...]


def contrast(base: Sample, sample: Sample) -> Contrast | None:
    """None where fewer than 2 seeds are done for both."""
    pairs = st.paired(base.losses, sample.losses)
    if len(pairs.seeds) < 2:
        return None
    differences = pairs.differences
    far = st.stragglers(differences)
    return Contrast(
        pairs=pairs,
        mean=float(differences.mean()),
        noise=st.noise_of(differences, _blocks(base, sample, pairs.seeds)),
        stragglers=tuple(s for s, is_far in zip(pairs.seeds, far, strict=True) if is_far),
    )


def _blocks(base: Sample, sample: Sample, seeds: tuple[int, ...]) -> st.Numbers | None:
    """Differences [n, B] in the blocks of the text, where every seed has the same ones."""
    if not all(s in base.blocks and s in sample.blocks for s in seeds):
        return None
    rows = [(sample.blocks[s], base.blocks[s]) for s in seeds]
    if len({len(block) for row in rows for block in row}) != 1:
        return None
    return np.array([variant - own for variant, own in rows])
