"""Executors by name: ours, and those of other packages as entry points `cellsearch.executors`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from cellsearch.errors import ConfigError, nearest
from cellsearch.sweep.executors.base import Executor
from cellsearch.sweep.executors.options import Options

__all__ = ["Executor", "Options", "make", "names"]

GROUP = "cellsearch.executors"
_OURS = {
    "inline": "cellsearch.sweep.executors.inline:make",
    "process": "cellsearch.sweep.executors.process:make",
    "ray": "cellsearch.sweep.executors.ray.executor:RayExecutor",
}
Factory = Callable[[Options], Executor]


def names() -> tuple[str, ...]:
    """Every executor that can be named."""
    return tuple(sorted({*_OURS, *(point.name for point in entry_points(group=GROUP))}))


def make(name: str, options: Options) -> Executor:
    """The executor of this name, with these options.

    Raises:
        ConfigError: there is none of this name, or an option is none of its, or cannot be meant.
    """
    if name not in names():
        raise ConfigError(f"unknown executor '{name}'{nearest(name, names())}")
    options.check()
    return _factory(name)(options)


def _factory(name: str) -> Factory:
    if name in _OURS:
        module, attribute = _OURS[name].split(":")
        return cast(Factory, getattr(import_module(module), attribute))
    (point, *_) = entry_points(group=GROUP, name=name)
    return cast(Factory, point.load())
