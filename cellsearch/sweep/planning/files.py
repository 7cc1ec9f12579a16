"""A sweep file, and what `--set` changes in it, to a `SweepConfig`.

What the file points to by path (cells, texts) is looked for beside the file, what `--set` points
to in the working directory. Cells are read at once, so that a study holds their text and not the
place where it once lay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from cellsearch.config import SweepConfig
from cellsearch.errors import ConfigError, nearest
from cellsearch.sweep.planning import anchors, automatic, problems

Raw = dict[str, Any]


def load(path: Path, overrides: Sequence[str] = ()) -> SweepConfig:
    """The sweep that a YAML file describes, with `key.key=value` overrides, and what is derived.

    Raises:
        ConfigError: no such file, no YAML, keys or values that cannot be meant: all of them.
        LanguageError: a file of cells that does not parse.
    """
    raw = _read(path)
    every_ablation = automatic.asked(raw)
    changed = _changed(anchors.settle(raw, path.parent), overrides)
    every_ablation |= automatic.asked(raw)
    return automatic.completed(_validated(raw, changed, str(path)), every_ablation)


def override(config: SweepConfig, overrides: Sequence[str]) -> SweepConfig:
    """A sweep with some keys changed, for adding to a study that is there."""
    raw = config.model_dump(mode="json", by_alias=True)
    return _validated(raw, _changed(raw, overrides), config.name)


def _changed(raw: Raw, overrides: Sequence[str]) -> list[str]:
    """Change `raw` in place; the keys that were changed."""
    return [_apply(raw, text) for text in overrides]


def _validated(raw: Raw, changed: Sequence[str], source: str) -> SweepConfig:
    # What the file points to is settled by now and stays; this is for what `--set` points to.
    return problems.validate(anchors.settle(raw, Path.cwd()), source, changed)


def _read(path: Path) -> Raw:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not a text in UTF-8") from None
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise ConfigError(f"{path}: cannot be read: {why}") from None
    raw = _parse(text, str(path))
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: a sweep is a list of `key: value`, got {_kind(raw)}")
    return raw


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def _parse(text: str, source: str) -> Any:
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        raise ConfigError(f"{source}{_place(error.problem_mark)}: {error.problem}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigError(f"{source}: is no YAML: {str(error).splitlines()[0]}") from None


def _place(mark: yaml.Mark | None) -> str:
    return f":{mark.line + 1}:{mark.column + 1}" if mark else ""


class _Loader(yaml.SafeLoader):
    """Plain data only, and no key twice in one mapping: YAML itself lets the last one win."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Raw:
    seen: set[str] = set()
    for key, _ in node.value:
        if _name(key) in seen:
            raise _problem(key, f"the key '{key.value}' stands here twice")
        if key.tag != "tag:yaml.org,2002:merge":
            seen.add(key.value)
    loader.flatten_mapping(node)
    pairs = [(_name(key), value) for key, value in node.value]
    return {name: loader.construct_object(value, deep=True) for name, value in pairs}


def _name(key: yaml.Node) -> str:
    """A key as it is written: `no` and `1` are names of variants, not False and a number."""
    if isinstance(key, yaml.ScalarNode):
        return str(key.value)
    raise _problem(key, "a key should be a word")


def _text(loader: _Loader, node: yaml.ScalarNode) -> str:
    """A string that a journal can hold, and the system take as a path."""
    if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in node.value):
        raise _problem(node, f"{node.value!r} holds what is no character of a text")
    return str(node.value)


def _problem(node: yaml.Node, text: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=text, problem_mark=node.start_mark)


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:str", _text)


def _apply(raw: Raw, text: str) -> str:
    """Change one key of `raw` in place, and return it."""
    key, sign, value = text.partition("=")
    parts = key.strip().split(".")
    if not sign or not all(parts):
        raise ConfigError(f"--set {text}: should be key.key=value, as in train.tokens=2000000")
    _check_variant(raw, parts)
    _write_out(raw, parts)
    group = _group(raw, parts[:-1], text)
    group[parts[-1]] = _parse(value, f"--set {key}")
    return ".".join(parts)


def _write_out(raw: Raw, parts: Sequence[str]) -> None:
    """`record: all` is short for a group, whose other keys may be said."""
    if parts[0] == "record" and len(parts) > 1 and isinstance(raw.get("record"), str | list):
        raw["record"] = {"what": raw["record"]}


def _group(raw: Raw, parts: Iterable[str], text: str) -> Raw:
    for part in parts:
        if raw.get(part) is None:
            raw[part] = {}
        raw = raw[part]
        if not isinstance(raw, dict):
            raise ConfigError(f"--set {text}: '{part}' is one value, not a group of keys")
    return raw


def _check_variant(raw: Raw, parts: list[str]) -> None:
    """A change to a variant that is not there is a slip, unless it says what the new one is."""
    match parts:
        case ["variants", name, key, *_] if key not in ("cell", "with"):
            known = raw.get("variants") or {}
            if isinstance(known, dict) and name not in known:
                raise ConfigError(f"--set: '{name}' is no variant{nearest(name, known)}")
