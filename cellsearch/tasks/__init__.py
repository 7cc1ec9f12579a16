"""Tasks by name: ours, and those that other packages offer as entry points `cellsearch.tasks`."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points

from cellsearch.errors import ConfigError, nearest
from cellsearch.tasks.base import Evaluation, Metric, Split, Task

__all__ = ["Evaluation", "Metric", "Split", "Task", "find", "names"]

GROUP = "cellsearch.tasks"
_OURS = {"language_model": "cellsearch.tasks.language_model:LanguageModelTask"}


def names() -> tuple[str, ...]:
    """Every task that can be named in a sweep file."""
    return tuple(sorted({*_OURS, *(p.name for p in entry_points(group=GROUP))}))


def find(name: str) -> type[Task]:
    """The task of this name.

    Raises:
        ConfigError: there is none, or what bears the name is no task.
    """
    if name not in names():
        raise ConfigError(f"unknown task '{name}'{nearest(name, names())}")
    found = _load(name)
    if not (isinstance(found, type) and issubclass(found, Task)):
        raise ConfigError(f"task '{name}': got {found!r}, expected a subclass of Task")
    return found


def _load(name: str) -> object:
    if name in _OURS:
        module, attribute = _OURS[name].split(":")
        return getattr(import_module(module), attribute)
    (point, *_) = entry_points(group=GROUP, name=name)
    # Another package's code: whatever it raises is its fault, and is said so by name.
    try:
        return point.load()
    except Exception as error:
        raise ConfigError(f"task '{name}' ({point.value}) cannot be loaded: {error}") from error
