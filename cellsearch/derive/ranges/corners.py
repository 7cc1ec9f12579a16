"""The range of a polynomial in which each atom stands without a power, found in the corners."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cellsearch.derive.ranges.interval import Interval
from cellsearch.derive.ranges.polynomials import Atom, Monomial, Polynomial

Array = NDArray[np.float64]

# A coefficient or a difference below this is rounding.
_NOTHING = 1e-12
# What has no bounds, or such that differences of its multiples would be rounding.
_LARGE = 1e3


def repeats(p: Polynomial) -> bool:
    """Whether an atom stands in two terms, so that arithmetic on intervals loses something."""
    return max(Counter(a for m in p for a in m).values(), default=0) > 1


def corners(p: Polynomial, known: Mapping[Atom, Interval]) -> Interval:
    """The range of a polynomial.

    For fixed values of what is large it is linear in each other atom, so its ends are among the
    corners; in each corner it is a sum over what is large, each with a known factor.

    Args:
        p: the polynomial; an atom with a power is an atom by itself.
        known: the intervals of its atoms.
    """
    bounded = [a for a, i in known.items() if max(abs(i.low), abs(i.high)) < _LARGE]
    values = _values([known[a] for a in bounded])
    low = high = np.zeros(len(values))
    # What overflows is as good as without an end.
    with np.errstate(over="ignore", invalid="ignore"):
        totals = _totals(p, {a: values[:, k] for k, a in enumerate(bounded)}, len(values))
        for rest, total in totals.items():
            beside = _interval(rest, known)
            low = low + _least(total, beside)
            high = high - _least(-total, beside)
    low, high = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
    closed = len(known) > len(bounded)
    intervals = [known[a] for a in bounded]
    least, most = float(low.min()), float(high.max())
    return Interval(
        least,
        most,
        math.isinf(least) or not (closed or _reached(low - least, _nothing(least), intervals)),
        math.isinf(most) or not (closed or _reached(most - high, _nothing(most), intervals)),
    )


def _values(intervals: list[Interval]) -> Array:
    """The corners, [2^n, n]; the first atom's end changes last."""
    n = len(intervals)
    bits = np.arange(2**n)[:, None] >> np.arange(n)[::-1] & 1
    ends = np.array([[i.low, i.high] for i in intervals]).reshape(n, 2)
    return np.take_along_axis(ends.T, bits, axis=0) if n else np.zeros((1, 0))


def _totals(p: Polynomial, columns: dict[Atom, Array], count: int) -> dict[Monomial, Array]:
    """The factor of each product of large atoms, in each corner."""
    totals: dict[Monomial, Array] = {}
    for m, c in p.items():
        rest = tuple(a for a in m if a not in columns)
        term = np.full(count, c)
        for a in m:
            if a in columns:
                term = term * columns[a]
        totals[rest] = totals.get(rest, np.zeros(count)) + term
    return totals


def _interval(m: Monomial, known: Mapping[Atom, Interval]) -> Interval:
    out = Interval(1.0, 1.0)
    for a in m:
        out = out * known[a]
    return out


def _least(factor: Array, beside: Interval) -> Array:
    """The lower end of a number times an interval, for each number."""
    end = np.where(factor > 0, beside.low, beside.high)
    return np.where(np.abs(factor) < _NOTHING, 0.0, factor * end)


def _nothing(end: float) -> float:
    return _NOTHING * max(1.0, abs(end))


def _reached(distance: Array, nothing: float, intervals: list[Interval]) -> bool:
    """Whether an end is reached, for all that can be told from the corners.

    A value inside is an average of corners, and reaches the end where all of them do.
    """
    at = (distance <= nothing).reshape((2,) * len(intervals))
    for i in intervals:
        low, high = at[0], at[1]
        at = (low & high) | (low & (not i.above)) | (high & (not i.below))
    return bool(at)
