"""Corpora by name: the modules of `corpora/`, and entry points of other packages."""

from __future__ import annotations

from pkgutil import iter_modules

from cellsearch.data import corpora
from cellsearch.data.source import Source
from cellsearch.errors import ConfigError, UnknownCorpusError, nearest
from cellsearch.registry import Registry

_CORPORA = Registry(
    "corpus",
    "cellsearch.corpora",
    {
        module.name.replace("_", "-"): f"{corpora.__name__}.{module.name}:CORPUS"
        for module in iter_modules(corpora.__path__)
    },
)


def names() -> tuple[str, ...]:
    """The names of all corpora, sorted. Nothing is imported for it."""
    return _CORPORA.names()


def find(name: str) -> Source | None:
    """The corpus of that name, or None.

    Raises:
        ConfigError: it is another package's and cannot be loaded, or is no corpus.
    """
    if name not in names():
        return None
    source: Source = _CORPORA.load(name)
    if not (hasattr(source, "read") and hasattr(source, "options")):
        raise ConfigError(
            f"corpus '{name}': got {source!r}, expected an object with `options` and `read`"
        )
    return source


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
