"""What pydantic finds wrong, said in the words of the sweep file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from cellsearch.config import SweepConfig
from cellsearch.errors import ConfigError, nearest

Place = tuple[int | str, ...]


def validate(raw: dict[str, Any], source: str, overridden: Sequence[str]) -> SweepConfig:
    """The sweep that `raw` describes.

    Raises:
        ConfigError: one line for each thing that is wrong, with the file or the `--set` that
            says it.
    """
    try:
        return SweepConfig.model_validate(raw)
    except ValidationError as error:
        raise ConfigError("\n".join(_lines(error, source, overridden))) from None


def types_at(key: str) -> tuple[Any, ...]:
    """What a key of a sweep may hold: `(float,)`, `(int, NoneType)`; nothing: there is no such key.

    A group of keys is its model.
    """
    found = _annotation(SweepConfig, tuple(key.split(".")))
    return () if found is None else _members(found)


def keys_below(group: str) -> list[str]:
    """Every key of a sweep below a group of keys, in full."""
    found = []
    for name, annotation in _fields(_annotation(SweepConfig, tuple(group.split(".")))).items():
        key = f"{group}.{name}"
        found += keys_below(key) if _fields(annotation) else [key]
    return found


def _lines(error: ValidationError, source: str, overridden: Sequence[str]) -> list[str]:
    found: dict[Place, list[Any]] = {}
    for item in error.errors(include_url=False):
        found.setdefault(_in_file(item["loc"]), []).append(item)
    return [f"{_origin(p, source, overridden)}: {_said(p, items)}" for p, items in found.items()]


def _said(place: Place, items: list[Any]) -> str:
    """One message. Of a value that may be of several kinds, each kind says what it expected."""
    meant = [i for i in items if not (i["type"] == "string_type" and isinstance(i["input"], dict))]
    first, *others = meant or items
    also = {_expected(other["msg"]): None for other in others if other["msg"] != first["msg"]}
    return _message(place, first) + "".join(f", or {expected}" for expected in also)


def _origin(place: Place, source: str, overridden: Sequence[str]) -> str:
    key = ".".join(map(str, place))
    under = (o for o in overridden if key == o or key.startswith(f"{o}."))
    return next((f"--set {o}" for o in under), source)


def _message(place: Place, item: Any) -> str:
    key = ".".join(map(str, place))
    group = place[:-1]
    match item["type"]:
        case "extra_forbidden":
            known = _keys(_annotation(SweepConfig, group))
            of = ".".join(map(str, group)) or "a sweep"
            return f"'{key}' is no key of {of}{nearest(str(place[-1]), known)}"
        case "missing" if isinstance(item["loc"][-1], int):
            return f"'{key}' should have more items, got {item['input']!r}"
        case "missing":
            return f"'{key}' is missing"
        case "value_error":
            return f"'{key}': {item['ctx']['error']}" if key else str(item["ctx"]["error"])
    return f"'{key}' {_expected(item['msg'])}, got {item['input']!r}"


def _expected(message: str) -> str:
    rest = message.removeprefix("Input ").removeprefix("Tuple ").replace(" after validation", "")
    rest = rest.split(", unable to parse")[0].split(" or instance of ")[0]
    rest = rest.replace("tuple", "list").replace("dictionary", "group of keys")
    return rest[:1].lower() + rest[1:]


def _in_file(loc: Place) -> Place:
    """The part of pydantic's place that the file itself has, without names of types."""
    kept: list[int | str] = []
    for part in loc:
        if _annotation(SweepConfig, (*kept, part)) is None and not _is_last_unknown(kept, part):
            break
        kept.append(part)
    return tuple(kept)


def _is_last_unknown(kept: list[int | str], part: int | str) -> bool:
    """Whether `part` is a key that a group of keys does not know, rather than a name of a type."""
    return bool(_keys(_annotation(SweepConfig, tuple(kept)))) and isinstance(part, str)


def _annotation(annotation: Any, place: Place) -> Any:
    """What stands at a place: a model, another type, or None where nothing can."""
    for part in place:
        fields = _fields(annotation)
        value_of = _value_type(annotation)
        if str(part) in fields:
            annotation = fields[str(part)]
        elif value_of is not None:
            annotation = value_of
        else:
            return None
    return annotation


def _fields(annotation: Any) -> dict[str, Any]:
    """The keys, as the file spells them, of the model in an annotation such as `Model | None`."""
    models = [a for a in _members(annotation) if isinstance(a, type) and issubclass(a, BaseModel)]
    return {
        field.alias or name: field.annotation
        for model in models
        for name, field in model.model_fields.items()
    }


def _keys(annotation: Any) -> list[str]:
    return list(_fields(annotation))


def _value_type(annotation: Any) -> Any:
    """V of a `dict[str, V]` whose keys are free."""
    for member in _members(annotation):
        if getattr(member, "__origin__", None) is dict and get_args(member)[0] is str:
            return get_args(member)[1]
    return None


def _members(annotation: Any) -> tuple[Any, ...]:
    """The types that an annotation allows: itself, or the members of a union."""
    origin = getattr(annotation, "__origin__", None)
    is_union = origin is None and bool(get_args(annotation))
    return get_args(annotation) if is_union else (annotation,)
