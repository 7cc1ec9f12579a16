"""Signs as a linear system over GF(2): which weights, states and atoms to negate.

A variable is 1 where something is negated. A row says: the product of these signs is that of the
coefficient. Rows come in a canonical order; each takes a variable that is still free, to become a
plus, so what is left over (`bits`) is the same for all cells that differ by negations alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable


class Signs:
    """The system."""

    def __init__(self) -> None:
        self._bits: dict[Hashable, int] = {}
        self._solved: dict[int, tuple[int, int]] = {}
        self._pivots = 0
        self._left: list[str] = []

    def of(self, keys: Iterable[Hashable]) -> int:
        """The product of these signs, as a sum of variables: each has a bit."""
        mask, bits = 0, self._bits
        for key in keys:
            mask ^= 1 << bits.setdefault(key, len(bits))
        return mask

    def row(self, mask: int, negative: bool) -> None:
        """One more equation: these variables add up to 1 (a minus) or 0."""
        mask, bit = self._reduced(mask, int(negative))
        if mask:
            pivot = mask.bit_length() - 1
            self._solved[pivot] = (mask ^ (1 << pivot), bit)
            self._pivots |= 1 << pivot
        else:
            self._left.append(str(bit))

    def left(self) -> str:
        """The signs that no negation changes, row by row."""
        return "".join(self._left)

    def negated(self, key: Hashable) -> bool:
        """The value of a variable in the solution in which free ones are 0."""
        return key in self._bits and bool(self._reduced(1 << self._bits[key], 0)[1])

    def _reduced(self, mask: int, bit: int) -> tuple[int, int]:
        """What a sum of variables is when the solved ones are put in."""
        while known := mask & self._pivots:
            pivot = known.bit_length() - 1
            rest, value = self._solved[pivot]
            mask ^= (1 << pivot) ^ rest
            bit ^= value
        return mask, bit
