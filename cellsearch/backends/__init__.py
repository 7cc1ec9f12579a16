"""Ways to run a cell, by name. A new one is a file and a line here, or an entry point."""

from __future__ import annotations

from cellsearch.backends.auto import best
from cellsearch.backends.base import Backend, Noise, Rows, Runner, States
from cellsearch.registry import Registry

__all__ = ["Backend", "Noise", "Rows", "Runner", "States", "get", "resolve"]

_BACKENDS = Registry(
    "backend",
    "cellsearch.backends",
    {
        "auto": "cellsearch.backends.auto:AutoBackend",
        "cpu": "cellsearch.backends.cpu:CpuBackend",
        "reference": "cellsearch.backends.reference:ReferenceBackend",
    },
)


def resolve(name: str) -> str:
    """The backend that a name means; `auto` means the best that this machine has.

    Raises:
        ConfigError: there is none of that name.
    """
    _BACKENDS.check(name)
    return best() if name == "auto" else name


def get(name: str) -> Backend:
    """A backend by its name.

    Raises:
        ConfigError: there is none of that name, or it is another package's and cannot be made.
    """
    backend: Backend = _BACKENDS.make(name)
    return backend
