"""What may be tried for one key: a range of numbers, or a few values."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cellsearch.config import Choice


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers from `low` to `high`, both ends included."""

    low: float
    high: float
    log: bool
    whole: bool

    def at(self, share: float) -> Choice:
        """The number at a share of the way, from 0 to below 1, evenly or by its logarithm."""
        if not self.whole:
            return self._between(self.low, self.high, share)
        # Each whole number has its own stretch.
        return min(int(self.high), math.floor(self._between(self.low, self.high + 1, share)))

    @property
    def ends(self) -> tuple[Choice, ...]:
        """The values that bound all others."""
        return (int(self.low), int(self.high)) if self.whole else (self.low, self.high)

    def _between(self, low: float, high: float, share: float) -> float:
        if self.log:
            return min(high, max(low, low * math.exp(math.log(high / low) * share)))
        return low + (high - low) * share


@dataclass(frozen=True, slots=True)
class Options:
    """One of a few values."""

    values: tuple[Choice, ...]

    def at(self, share: float) -> Choice:
        """The value at a share of the way, from 0 to below 1."""
        return self.values[math.floor(share * len(self.values))]

    @property
    def ends(self) -> tuple[Choice, ...]:
        """All of them."""
        return self.values


Dimension = Span | Options
Space = dict[str, Dimension]
