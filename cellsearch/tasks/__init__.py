"""Tasks by name: ours, and those that other packages offer as entry points `cellsearch.tasks`."""

from __future__ import annotations

from cellsearch.registry import Registry
from cellsearch.tasks.base import Evaluation, Metric, Split, Task

__all__ = ["Evaluation", "Metric", "Split", "Task", "find", "names"]

_TASKS = Registry(
    "task",
    "cellsearch.tasks",
    {"language_model": "cellsearch.tasks.language_model:LanguageModelTask"},
)


def names() -> tuple[str, ...]:
    """Every task that can be named in a sweep file."""
    return _TASKS.names()


def find(name: str) -> type[Task]:
    """The task of this name.

    Raises:
        ConfigError: there is none, or what bears the name is no task.
    """
    task: type[Task] = _TASKS.load_class(name, Task)
    return task
