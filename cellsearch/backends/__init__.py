"""Ways to run a cell, by name. A new one is a file and a line here, or an entry point."""

from __future__ import annotations

from importlib.metadata import entry_points

from cellsearch.backends.auto import AutoBackend, best
from cellsearch.backends.base import Backend, Noise, Rows, Runner, States
from cellsearch.backends.cpu import CpuBackend
from cellsearch.backends.reference import ReferenceBackend
from cellsearch.errors import ConfigError, nearest

_OWN: dict[str, type[Backend]] = {
    "auto": AutoBackend,
    "cpu": CpuBackend,
    "reference": ReferenceBackend,
}


def resolve(name: str) -> str:
    """The backend that a name means; `auto` means the best that this machine has.

    Raises:
        ConfigError: there is none of that name.
    """
    if name == "auto":
        return best()
    if name in _OWN:
        return name
    outside = {e.name for e in entry_points(group="cellsearch.backends")}
    if name not in outside:
        known = {*_OWN, *outside}
        raise ConfigError(f"no backend is called '{name}'{nearest(str(name), known)}")
    return name


def get(name: str) -> Backend:
    """A backend by its name.

    Raises:
        ConfigError: there is none of that name, or it is another package's and cannot be made.
    """
    name = name if name in _OWN else resolve(name)
    if name in _OWN:
        return _OWN[name]()
    (point, *_) = entry_points(group="cellsearch.backends", name=name)
    # Another package's code: whatever it raises is its fault, and is said so by name.
    try:
        backend: Backend = point.load()()
    except Exception as error:
        raise ConfigError(f"backend '{name}' ({point.value}) cannot be made: {error}") from error
    return backend


__all__ = ["Backend", "Noise", "Rows", "Runner", "States", "get", "resolve"]
