"""Executors by name: ours, and those of other packages as entry points `cellsearch.executors`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from cellsearch.errors import ConfigError, nearest
from cellsearch.sweep.executors.base import Executor

__all__ = ["Executor", "make", "names"]

GROUP = "cellsearch.executors"
_OURS = {
    "inline": "cellsearch.sweep.executors.inline:InlineExecutor",
    "process": "cellsearch.sweep.executors.process:ProcessExecutor",
}
# workers, threads -> executor
Factory = Callable[[int, int], Executor]


def names() -> tuple[str, ...]:
    """Every executor that can be named."""
    return tuple(sorted({*_OURS, *(point.name for point in entry_points(group=GROUP))}))


def make(name: str, workers: int, threads: int) -> Executor:
    """An executor that trains `workers` trials at once, with `threads` threads each.

    Raises:
        ConfigError: there is none of this name, or no worker is asked for.
    """
    if name not in names():
        raise ConfigError(f"unknown executor '{name}'{nearest(name, names())}")
    if workers < 1:
        raise ConfigError(f"workers: got {workers}, expected 1 or more")
    return _factory(name)(workers, threads)


def _factory(name: str) -> Factory:
    if name in _OURS:
        module, attribute = _OURS[name].split(":")
        return cast(Factory, getattr(import_module(module), attribute))
    (point, *_) = entry_points(group=GROUP, name=name)
    return cast(Factory, point.load())
