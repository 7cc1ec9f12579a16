"""Scales as a linear system over logarithms: by how much to scale weights, states and atoms.

As in `signs.py`: a row says that a coefficient times these scales is 1; each row takes a variable
that is still free, and what is left over is the same for all cells that differ by scaling alone.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping

_NOTHING = 1e-9


class Scales:
    """The system."""

    def __init__(self) -> None:
        # Each solved variable: what it is made of, and a constant.
        self._solved: dict[Hashable, tuple[dict[Hashable, float], float]] = {}
        self._left: list[str] = []

    def row(self, powers: Mapping[Hashable, float], size: float) -> None:
        """One more equation: `size` times these powers of scales is 1."""
        sums, constant = self._reduced(powers, math.log(size))
        if not sums:
            self._left.append(f"{constant + 0.0:.7f}".replace("-0.0000000", "0.0000000"))
            return
        # The variable that was met first.
        pivot, factor = next(iter(sums.items()))
        rest = {k: -v / factor for k, v in sums.items() if k != pivot}
        self._solved[pivot] = rest, -constant / factor

    def left(self) -> str:
        """What no scaling changes, row by row."""
        return " ".join(self._left)

    def of(self, key: Hashable) -> float:
        """The scale of a variable in the solution in which free ones are 1."""
        return math.exp(self._reduced({key: 1.0}, 0.0)[1])

    def _reduced(
        self, powers: Mapping[Hashable, float], constant: float
    ) -> tuple[dict[Hashable, float], float]:
        """What a sum of logarithms is when the solved variables are put in."""
        sums = dict(powers)
        while known := next((k for k in sums if k in self._solved), None):
            factor = sums.pop(known)
            rest, value = self._solved[known]
            constant += factor * value
            for k, v in rest.items():
                sums[k] = sums.get(k, 0.0) + factor * v
        return {k: v for k, v in sums.items() if abs(v) > _NOTHING}, constant
