"""A study's plan is frozen: what may be added to it, and what is refused, with the difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from cellsearch.config import SweepConfig
from cellsearch.errors import OtherStudyError
from cellsearch.record import StudyLine, Variant
from cellsearch.store import Journal
from cellsearch.sweep.planning import files

# Seeds may be added. Where the text lies may change: what it is, its sha256 says. What is recorded
# changes no result.
_FREE: dict[str, Any] = {"seeds": True, "record": True, "task": {"corpus"}}
# What these say is compared as the cells that come of it, `placebo` as the variant.
_CELLS: dict[str, Any] = {
    "cells": True,
    "base": True,
    "placebo": True,
    "variants": {"__all__": {"cell", "edits"}},
}
_SAID = ("cell_hash", "class_hash", "changes", "equations", "latex", "consts", "cell_name")


def check_same_plan(journal: Journal, planned: StudyLine) -> None:
    """Refuse another plan than the one that the study began with.

    Raises:
        OtherStudyError: with each difference.
    """
    _refuse(journal.folder, _between(journal.study, planned))


def check_one_plan(journal: Journal, other: Journal) -> None:
    """Refuse two journals that are not of one plan.

    Raises:
        OtherStudyError: with each difference.
    """
    found = _between(journal.study, other.study)
    if found:
        lines = "\n".join(
            f"  {d.key}: {d.was} in {journal.folder}, {d.now} in {other.folder}" for d in found
        )
        raise OtherStudyError(f"{other.folder}: is of another plan. What differs:\n{lines}")


def said_anew(journal: Journal, overrides: Sequence[str]) -> SweepConfig:
    """The sweep that a study was begun with, as it is now, and what may be said anew of it.

    Raises:
        ConfigError: an override that cannot be meant.
        OtherStudyError: one that would change the frozen plan.
    """
    now = journal.study.spec.model_copy(update={"seeds": journal.seeds})
    config = files.override(now, overrides)
    _refuse(journal.folder, list(_differences(_spec(journal.study.spec), _spec(config))))
    return config


def check_text(journal: Journal, sha256: str, where: str) -> None:
    """Refuse another text than the one that the study was planned with."""
    if sha256 != journal.study.data_sha256:
        raise OtherStudyError(
            f"{journal.folder}: the text of {where} is not the one that the study began with: "
            f"got sha256 {sha256[:12]}…, expected {journal.study.data_sha256[:12]}…"
        )


def check_seeds(journal: Journal, seeds: int) -> bool:
    """Whether seeds are added. Fewer than the study has are refused."""
    if seeds < journal.seeds:
        raise OtherStudyError(
            f"{journal.folder}: has {journal.seeds} seeds by now, got seeds = {seeds}; "
            "seeds can be added and not taken away"
        )
    return seeds > journal.seeds


class _Difference(NamedTuple):
    key: str
    was: str
    now: str


def _between(began: StudyLine, planned: StudyLine) -> list[_Difference]:
    return [
        *_differences(_spec(began.spec, _CELLS), _spec(planned.spec, _CELLS)),
        *_differences(_variants(began), _variants(planned)),
        *_differences({"text": began.data_sha256}, {"text": planned.data_sha256}),
    ]


def _refuse(folder: Path, differences: list[_Difference]) -> None:
    if differences:
        lines = "\n".join(f"  {d.key}: {d.was} in the study, {d.now} now" for d in differences)
        raise OtherStudyError(
            f"{folder}: holds another study; only `seeds` can be raised, `record` be said anew, "
            f"and `task.corpus` say where the same text lies by now. What differs:\n{lines}"
        )


def _spec(spec: SweepConfig, without: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    return spec.model_dump(mode="json", by_alias=True, exclude=_FREE | dict(without))


def _variants(study: StudyLine) -> dict[str, Any]:
    return {v.name: _variant(v) for v in study.variants}


def _variant(variant: Variant) -> dict[str, Any]:
    rest = variant.model_dump(mode="json", exclude={*_SAID, "cell"})
    # Without comments: they may be corrected while a study goes on.
    lines = [line.partition("#")[0].rstrip() for line in variant.cell.splitlines()]
    return rest | {"cell": "\n".join(line for line in lines if line)}


def _differences(old: dict[str, Any], new: dict[str, Any]) -> Iterator[_Difference]:
    before, after = dict(_flat(old)), dict(_flat(new))
    for key in {**before, **after}:
        was, now = before.get(key, "nothing"), after.get(key, "nothing")
        if was != now:
            yield _Difference(key, _short(was), _short(now))


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, below in value.items():
            yield from _flat(below, f"{key}.{name}" if key else name)
    else:
        yield key, value


def _short(value: Any) -> str:
    text = str(value).replace("\n", "; ")
    return text if len(text) <= 300 else f"{text[:299]}…"
