"""How well single units predict something: thresholds found on one text, judged on another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cellsearch.recorded import Array

BINS = 64


@dataclass(frozen=True)
class Cut:
    """`value >= threshold` for `above`, else `value < threshold`.

    Attributes:
        balanced: whether the mean of both classes' accuracies was made best, or the plain accuracy.
        score: that accuracy, where the threshold was found.
    """

    threshold: float
    above: bool
    score: float

    def says(self, values: Array) -> npt.NDArray[np.bool_]:
        """What it predicts."""
        said: npt.NDArray[np.bool_] = (values >= self.threshold) == self.above
        return said


class Cuts:
    """For every unit, how many values of each class lie below 63 thresholds between its extremes.

    Args:
        values: [N, units].
        is_there: [N].
    """

    def __init__(self, values: Array, is_there: npt.NDArray[np.bool_]) -> None:
        low, high = values.min(0), values.max(0)
        width = np.where(high > low, high - low, 1) / BINS
        bins = np.minimum(((values - low) / width).astype(np.int64), BINS - 1)
        bins += BINS * np.arange(values.shape[1])
        self._edges = low[:, None] + width[:, None] * np.arange(1, BINS)
        self._yes = _below(bins[is_there], values.shape[1])
        self._no = _below(bins[~is_there], values.shape[1])
        self._sizes = int(is_there.sum()), int((~is_there).sum())

    def balanced(self) -> list[Cut]:
        """Each unit's best cut by the mean of the two classes' accuracies."""
        yes, no = self._sizes
        return self._best((1 - self._yes / yes + self._no / no) / 2)

    def plain(self) -> list[Cut]:
        """Each unit's best cut by the share of all that is right."""
        yes, no = self._sizes
        return self._best((yes - self._yes + self._no) / (yes + no))

    def _best(self, right: Array) -> list[Cut]:
        """`right`: accuracies of saying yes from a threshold on; no from there on has the rest."""
        best = np.argmax(np.maximum(right, 1 - right), axis=1)
        each = np.arange(len(best))
        chosen, edges = right[each, best], self._edges[each, best]
        return [
            Cut(float(e), bool(a >= 0.5), float(max(a, 1 - a)))
            for e, a in zip(edges, chosen, strict=True)
        ]


def balanced_accuracy(says: npt.NDArray[np.bool_], is_there: npt.NDArray[np.bool_]) -> float:
    """The mean of the accuracies where it is there and where it is not."""
    return float((says[is_there].mean() + (~says[~is_there]).mean()) / 2)


def correlations(values: Array, number: Array) -> Array:
    """The absolute correlation of each unit with a number, [units]; of a constant it is 0."""
    centred, own = values - values.mean(0), number - number.mean()
    norms = np.sqrt(np.square(centred).sum(0) * np.square(own).sum())
    found: Array = np.abs(own @ centred) / np.where(norms > 0, norms, np.inf)
    return found


def _below(bins: npt.NDArray[np.int64], units: int) -> Array:
    """How many lie below each threshold, [units, 63]."""
    counts = np.bincount(bins.ravel(), minlength=BINS * units).reshape(units, BINS)
    below: Array = counts.cumsum(1)[:, :-1].astype(float)
    return below
