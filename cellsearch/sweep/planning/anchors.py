"""Paths in a sweep file: from where they count, and which strings are paths."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cellsearch import data, lang
from cellsearch.errors import ConfigError

Raw = dict[str, Any]


def settle(raw: Raw, folder: Path) -> Raw:
    """Cells given as files become their text, texts given as files get absolute paths.

    Done twice it changes nothing more.
    """
    _change(raw, "cells", lambda value: cells_text(value, folder))
    _change(raw, "base", lambda value: cell_text(value, folder))
    for variant in _mappings(raw.get("variants")):
        _change(variant, "cell", lambda value: cell_text(value, folder))
    for task in _mappings({"task": raw.get("task")}):
        _change(task, "corpus", lambda value: corpus(value, folder))
    return raw


def cells_text(value: str, folder: Path) -> str:
    """The text of a file of cells; a text stays what it is."""
    return value if _is_text(value) else _read_cells(_below(folder, value))


def cell_text(value: str, folder: Path) -> str:
    """The text of a file that holds a cell; a name and a text stay what they are."""
    looks_like_path = value.endswith(".cell") or "/" in value
    return cells_text(value, folder) if looks_like_path and not _is_text(value) else value


def corpus(value: str | dict[str, Any], folder: Path) -> str | dict[str, Any]:
    """An absolute path, or one for each split; the name of a corpus stays what it is."""
    if isinstance(value, dict):
        return {split: _absolute(at, folder) for split, at in value.items()}
    is_name = value.partition(":")[0] in data.names()
    is_path = not is_name and ("/" in value or "." in value)
    return _absolute(value, folder) if is_path else value


def _absolute(value: Any, folder: Path) -> Any:
    if not isinstance(value, str):
        return value
    path = str(_below(folder, value).resolve())
    try:
        path.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{path!r}: no journal can hold this name; expected UTF-8") from None
    return path


def _below(folder: Path, value: str) -> Path:
    try:
        return folder / Path(value).expanduser()
    except RuntimeError:
        raise ConfigError(f"'{value}': there is no home folder of that name") from None


def _is_text(value: str) -> bool:
    return "\n" in value or value.lstrip().startswith("cell ")


def _read_cells(path: Path) -> str:
    # Parsed here, where the file is still known, so that an error can name it.
    lang.read_cells(path)
    return path.read_text(encoding="utf-8")


def _change(raw: Raw, key: str, change: Callable[[Any], Any]) -> None:
    if isinstance(raw.get(key), str | dict):
        raw[key] = change(raw[key])


def _mappings(group: Any) -> list[Raw]:
    return [v for v in group.values() if isinstance(v, dict)] if isinstance(group, dict) else []
