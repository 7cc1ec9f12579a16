"""Proposers by name: ours, and those of other packages as entry points `cellsearch.proposers`."""

from __future__ import annotations

from cellsearch.registry import Registry
from cellsearch.sweep.proposers.base import Proposer, Seen
from cellsearch.sweep.proposers.dimensions import Space

__all__ = ["Proposer", "Seen", "find", "make", "names"]

_PROPOSERS = Registry(
    "proposer",
    "cellsearch.proposers",
    {
        "random": "cellsearch.sweep.proposers.shared:RandomProposer",
        "sobol": "cellsearch.sweep.proposers.shared:SobolProposer",
        "grid": "cellsearch.sweep.proposers.shared:GridProposer",
        "tpe": "cellsearch.sweep.proposers.tpe:TPEProposer",
    },
)


def names() -> tuple[str, ...]:
    """Every proposer that can be named."""
    return _PROPOSERS.names()


def find(name: str) -> type[Proposer]:
    """The proposer of this name.

    Raises:
        ConfigError: there is none, or what bears the name is no proposer.
    """
    proposer: type[Proposer] = _PROPOSERS.load_class(name, Proposer)
    return proposer


def make(name: str, space: Space, seed: int) -> Proposer:
    """A proposer of this name for one variant.

    Raises:
        ConfigError: as for `find`, or it is another package's and cannot be made.
    """
    find(name)
    proposer: Proposer = _PROPOSERS.make(name, space, seed)
    return proposer
