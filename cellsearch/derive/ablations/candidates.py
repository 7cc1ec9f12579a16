"""All changes of one component that a cell's lines suggest, in the order of the list."""

from __future__ import annotations

from collections.abc import Iterator

from cellsearch.derive.ablations.activations import activations, combinations, delays, noise
from cellsearch.derive.ablations.authored import Authored
from cellsearch.derive.ablations.candidate import Candidate
from cellsearch.derive.ablations.gates import couplings, gates
from cellsearch.derive.ablations.orders import flips, resets
from cellsearch.derive.ablations.weights import starts, weights

_SOURCES = (
    *(gates, couplings, flips, resets, activations),
    *(combinations, weights, delays, noise, starts),
)


def candidates(a: Authored) -> Iterator[Candidate]:
    """Whatever may be an ablation."""
    for source in _SOURCES:
        yield from source(a)
