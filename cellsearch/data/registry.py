"""Corpora by name: the modules of `corpora/`, and entry points of other packages."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules

from cellsearch.data import corpora
from cellsearch.data.source import Source
from cellsearch.errors import DataError, UnknownCorpusError, nearest

GROUP = "cellsearch.corpora"


def names() -> tuple[str, ...]:
    """The names of all corpora, sorted. Nothing is imported for it."""
    return tuple(sorted({*_own(), *_others()}))


def find(name: str) -> Source | None:
    """The corpus of that name, or None."""
    if name in _own():
        source: Source = import_module(f"{corpora.__name__}.{_own()[name]}").CORPUS
        return source
    if name in _others():
        return _load(_others()[name])
    return None


def parse_name(text: str) -> tuple[str, dict[str, str]]:
    """`grammar:train=500000,seed=1` as its name and its options.

    Raises:
        DataError: an option without a value.
    """
    name, _, tail = text.partition(":")
    pairs = [pair.partition("=") for pair in tail.split(",") if pair]
    for key, equals, value in pairs:
        if not (key and equals and value):
            raise UnknownCorpusError(
                f"corpus '{text}': got '{key}{equals}{value}', expected option=value"
            )
    return name, {key.strip(): value.strip() for key, _, value in pairs}


def check_options(name: str, source: Source, options: dict[str, str]) -> None:
    """Refuses options that the corpus does not know."""
    for key in options:
        if key not in source.options:
            known = ", ".join(source.options) or "none"
            near = nearest(key, source.options)
            raise UnknownCorpusError(f"corpus '{name}' has no option '{key}'; it has {known}{near}")


def _own() -> dict[str, str]:
    return {m.name.replace("_", "-"): m.name for m in iter_modules(corpora.__path__)}


def _others() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _load(entry: EntryPoint) -> Source:
    # Another package's code: whatever it raises is its fault, and is said so by name.
    try:
        source: Source = entry.load()
    except Exception as error:
        raise DataError(
            f"corpus '{entry.name}' ({entry.value}) cannot be loaded: {error}"
        ) from error
    if not (hasattr(source, "read") and hasattr(source, "options")):
        raise DataError(
            f"corpus '{entry.name}' ({entry.value}): got {source!r}, "
            "expected an object with `options` and `read`"
        )
    return source
