"""Executors by name: ours, and those of other packages as entry points `cellsearch.executors`."""

from __future__ import annotations

from cellsearch.registry import Registry
from cellsearch.sweep.executors.base import Executor
from cellsearch.sweep.executors.options import Options

__all__ = ["Executor", "Options", "make", "names"]

_EXECUTORS = Registry(
    "executor",
    "cellsearch.executors",
    {
        "inline": "cellsearch.sweep.executors.inline:make",
        "process": "cellsearch.sweep.executors.process:make",
        "ray": "cellsearch.sweep.executors.ray.executor:RayExecutor",
    },
)


def names() -> tuple[str, ...]:
    """Every executor that can be named."""
    return _EXECUTORS.names()


def make(name: str, options: Options) -> Executor:
    """The executor of this name, with these options.

    Raises:
        ConfigError: there is none of this name, or an option is none of its, or cannot be meant.
    """
    _EXECUTORS.check(name)
    options.check()
    executor: Executor = _EXECUTORS.make(name, options)
    return executor
