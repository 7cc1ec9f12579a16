"""Which studies can stand side by side, and by what name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cellsearch.errors import StoreError
from cellsearch.report.verdicts.findings import Findings
from cellsearch.report.verdicts.judge import judge
from cellsearch.report.verdicts.samples import BASE
from cellsearch.store import Journal, read

if TYPE_CHECKING:
    from cellsearch.record import Variant


class Study(NamedTuple):
    """A study, by a name that no other one beside it has, and what it concluded."""

    name: str
    findings: Findings

    @property
    def journal(self) -> Journal:
        """What it was concluded from."""
        return self.findings.journal


def studies(folders: Sequence[Path]) -> list[Study]:
    """The studies in these folders, judged, in this order.

    Raises:
        StoreError: one cannot be read, or they cannot be compared: fewer than two, parts of one
            study, another task or level, another base, no variant in common, or a name that
            stands for different cells.
    """
    if len(folders) < 2:
        raise StoreError(f"to compare takes two studies or more, got {len(folders)}")
    journals = [read(folder) for folder in folders]
    _check(journals)
    names = _names(journals)
    return [Study(name, judge(journal)) for name, journal in zip(names, journals, strict=True)]


def common(journals: Sequence[Journal]) -> list[str]:
    """The variants that two studies or more have, without the base, in order of appearance."""
    counts = Counter(v.name for journal in journals for v in journal.variants)
    return [name for name, count in counts.items() if count > 1 and name != BASE]


def _check(journals: Sequence[Journal]) -> None:
    first, *others = journals
    for k, journal in enumerate(others, 1):
        for other in journals[:k]:
            _check_apart(other, journal)
        _check_same_measure(first, journal)
    for name in (BASE, *common(journals)):
        _check_one_cell(name, journals)
    if not common(journals):
        raise StoreError(
            f"{_folders(journals)}: have no variant in common besides the base; "
            "variants are compared by name"
        )


def _check_apart(one: Journal, other: Journal) -> None:
    if one.study.study_key == other.study.study_key:
        raise StoreError(
            f"{_folders((one, other))}: are of one plan; what two machines did of one study is "
            "put together by `cellsearch merge`"
        )


def _check_same_measure(first: Journal, journal: Journal) -> None:
    """Perplexities of words and of characters are no more alike than metres and pounds."""
    for what in ("name", "level"):
        got, expected = (getattr(j.study.spec.task, what) for j in (journal, first))
        if got != expected:
            raise StoreError(
                f"{journal.folder}: task.{what} is {got}, expected {expected} as in "
                f"{first.folder}; they do not share a table"
            )


def _check_one_cell(name: str, journals: Sequence[Journal]) -> None:
    having = [(j, v) for j in journals for v in j.study.variants if v.name == name]
    first, expected = having[0]
    for journal, variant in having[1:]:
        if (got := _equations(variant)) != (wanted := _equations(expected)):
            what = "the base" if name == BASE else f"variant '{name}'"
            raise StoreError(
                f"{journal.folder}: {what} is not the cell that it is in {first.folder}: "
                f"got {_other(got, wanted)}, expected {_other(wanted, got)}"
            )


def _equations(variant: Variant) -> list[str]:
    """The cell's lines without header and comments."""
    lines = [" ".join(a.partition("#")[0].split()) for a in variant.cell.splitlines()]
    return [line for line in lines if line and not line.startswith("cell ")]


def _other(lines: Sequence[str], than: Sequence[str]) -> str:
    """The first line that the others do not have."""
    return next((f"`{line}`" for line in lines if line not in than), "nothing more")


def _names(journals: Sequence[Journal]) -> list[str]:
    """The plans' names; where two are alike the folders' names, or else their paths."""
    for each in (
        [j.study.spec.name for j in journals],
        [j.folder.resolve().name for j in journals],
    ):
        if len(set(each)) == len(each):
            return each
    return [str(j.folder) for j in journals]


def _folders(journals: Iterable[Journal]) -> str:
    return ", ".join(str(j.folder) for j in journals)
