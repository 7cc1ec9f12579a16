"""Settings that depend on nothing: all variants are tried at the same."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, product

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from cellsearch.record import Setting
from cellsearch.sweep.proposers.base import Proposer, Seen
from cellsearch.sweep.proposers.dimensions import Space


class RandomProposer(Proposer):
    """Independent draws (Bergstra & Bengio 2012)."""

    def propose(self, number: int, seen: Sequence[Seen]) -> Setting:
        """A draw from a generator of its own."""
        shares = np.random.default_rng((self.seed, number)).random(len(self.space))
        return _setting(self.space, shares)


class SobolProposer(Proposer):
    """A scrambled Sobol sequence (Owen 1998): more even than draws, best at a power of 2."""

    def __init__(self, space: Space, seed: int) -> None:
        super().__init__(space, seed)
        self._points = _sobol(space, seed)
        self._next = 0

    def propose(self, number: int, seen: Sequence[Seen]) -> Setting:
        """The point of this number."""
        if number < self._next:
            self._points, self._next = _sobol(self.space, self.seed), 0
        if number > self._next:
            self._points.fast_forward(number - self._next)
        self._next = number + 1
        return _setting(self.space, self._points.random(1)[0])


class GridProposer(Proposer):
    """Every combination, the last key turning fastest."""

    def propose(self, number: int, seen: Sequence[Seen]) -> Setting:
        """The combination of this number."""
        values = (dimension.ends for dimension in self.space.values())
        chosen = next(islice(product(*values), number, None))
        return dict(zip(self.space, chosen, strict=True))


def _sobol(space: Space, seed: int) -> qmc.Sobol:
    return qmc.Sobol(len(space), scramble=True, rng=np.random.default_rng(seed))


def _setting(space: Space, shares: NDArray[np.float64]) -> Setting:
    pairs = zip(space.items(), shares, strict=True)
    return {key: dimension.at(float(share)) for (key, dimension), share in pairs}
