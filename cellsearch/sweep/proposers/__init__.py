"""Proposers by name: ours, and those of other packages as entry points `cellsearch.proposers`."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points

from cellsearch.errors import ConfigError, nearest
from cellsearch.sweep.proposers.base import Proposer, Seen

__all__ = ["Proposer", "Seen", "find", "names"]

GROUP = "cellsearch.proposers"
_OURS = {
    "random": "cellsearch.sweep.proposers.shared:RandomProposer",
    "sobol": "cellsearch.sweep.proposers.shared:SobolProposer",
    "grid": "cellsearch.sweep.proposers.shared:GridProposer",
    "tpe": "cellsearch.sweep.proposers.tpe:TPEProposer",
}


def names() -> tuple[str, ...]:
    """Every proposer that can be named."""
    return tuple(sorted({*_OURS, *(point.name for point in entry_points(group=GROUP))}))


def find(name: str) -> type[Proposer]:
    """The proposer of this name.

    Raises:
        ConfigError: there is none, or what bears the name is no proposer.
    """
    if name not in names():
        raise ConfigError(f"unknown proposer '{name}'{nearest(name, names())}")
    found = _load(name)
    if not (isinstance(found, type) and issubclass(found, Proposer)):
        raise ConfigError(f"proposer '{name}': got {found!r}, expected a subclass of Proposer")
    return found


def _load(name: str) -> object:
    if name in _OURS:
        module, attribute = _OURS[name].split(":")
        return getattr(import_module(module), attribute)
    (point, *_) = entry_points(group=GROUP, name=name)
    return point.load()
