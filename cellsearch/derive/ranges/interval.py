"""Intervals of real numbers, with ends that are reached or not, and their arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass

End = tuple[float, bool]


@dataclass(frozen=True, slots=True)
class Interval:
    """All numbers from `low` to `high`.

    Attributes:
        low: the lower end; `high`: the upper one.
        above: whether the lower end is not reached, so that all is above it.
        below: whether the upper end is not reached.
    """

    low: float
    high: float
    above: bool = False
    below: bool = False

    @property
    def bounded(self) -> bool:
        """Whether both ends are numbers."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    def hull(self, other: Interval) -> Interval:
        """The smallest interval that holds both."""
        low, above = _lower((self.low, self.above), (other.low, other.above))
        high, below = _upper((self.high, self.below), (other.high, other.below))
        return Interval(low, high, above, below)

    def meet(self, other: Interval) -> Interval:
        """What is in both; this one if nothing is."""
        low, above = max((self.low, self.above), (other.low, other.above))
        (high, closed) = min((self.high, not self.below), (other.high, not other.below))
        return Interval(low, high, above, not closed) if low <= high else self

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low, self.below, self.above)

    def __add__(self, other: Interval) -> Interval:
        low, high = self.low + other.low, self.high + other.high
        return Interval(
            -math.inf if math.isnan(low) else low,
            math.inf if math.isnan(high) else high,
            self.above or other.above,
            self.below or other.below,
        )

    def __mul__(self, other: Interval) -> Interval:
        corners = [_product(a, b) for a in self._ends for b in other._ends]
        low, above = corners[0]
        high, below = corners[0]
        for corner in corners[1:]:
            low, above = _lower((low, above), corner)
            high, below = _upper((high, below), corner)
        return Interval(low, high, above, below)

    @property
    def inverse(self) -> Interval:
        """1 / a; beside 0 it has no bound, and 1 / 0 is no number."""
        if self.low < 0 < self.high or self.low == self.high == 0:
            return ALL
        if self.low < 0:
            return -(-self).inverse
        high = 1 / self.low if self.low else math.inf
        low = 1 / self.high if math.isfinite(self.high) else 0.0
        return Interval(low, high, self.below, self.above or self.low == 0)

    @property
    def _ends(self) -> tuple[End, End]:
        return (self.low, self.above), (self.high, self.below)

    def __contains__(self, value: float) -> bool:
        above = self.low < value or (self.low == value and not self.above)
        return above and (value < self.high or (value == self.high and not self.below))

    def __str__(self) -> str:
        left, right = "(" if self.above else "[", ")" if self.below else "]"
        if self.low == self.high:
            return f"{self.low + 0.0:.6g}"
        return f"{left}{self.low + 0.0:.6g}, {self.high + 0.0:.6g}{right}"


ALL = Interval(-math.inf, math.inf, True, True)
UNIT = Interval(0.0, 1.0)


def point(value: float) -> Interval:
    """One number."""
    return Interval(value, value)


def _product(a: End, b: End) -> End:
    """The product of two ends. Zero that is reached is reached whatever it is multiplied by."""
    if a[0] == 0 or b[0] == 0:
        reached = (a[0] == 0 and not a[1]) or (b[0] == 0 and not b[1])
        return 0.0, not reached
    return a[0] * b[0], a[1] or b[1]


def _lower(a: End, b: End) -> End:
    """The lower end; of two equal ones the one that is reached."""
    return min(a, b)


def _upper(a: End, b: End) -> End:
    return max(a, b, key=lambda end: (end[0], not end[1]))
