"""Units: which single ones track something readable, after Karpathy et al. 2015."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from cellsearch.report.document import (
    Block,
    Bullets,
    Column,
    Heading,
    Painted,
    Paragraph,
    Table,
)
from cellsearch.report.figures import inside
from cellsearch.report.verdicts import words

if TYPE_CHECKING:
    from cellsearch.recorded import Array, UnitFit
    from cellsearch.report.data.recordings import Recordings, Tracked
    from cellsearch.report.figures.inside import Rows, Shown
    from cellsearch.report.verdicts.findings import Findings

TITLE = "Units"
ABOUT = "single units that track something readable"
ORDER = 55


class Best(NamedTuple):
    """What a variant's best unit tracks."""

    line: Shown
    tracked: Tracked

    @property
    def fit(self) -> UnitFit:
        """Of that unit."""
        return self.tracked.target.units[0]


class Info(NamedTuple):
    """By target the variants' best units, the best first; every fit; what was not judged, and why.

    `characters`: of each of the two texts in which units were found and judged.
    """

    best: tuple[tuple[Best, ...], ...]
    fits: pd.DataFrame
    skipped: tuple[str, ...]
    seeds: str
    characters: int


def info(findings: Findings) -> Info:
    """From the recordings."""
    lines = inside.shown(findings)
    by_target: dict[str, list[Best]] = {}
    for line in lines:
        for tracked in line.found.units:
            if tracked.target.units:
                by_target.setdefault(tracked.target.name, []).append(Best(line, tracked))
    ranked = (sorted(each, key=lambda b: -b.fit.score) for each in by_target.values())
    return Info(
        best=tuple(map(tuple, ranked)),
        fits=inside.frame(findings, _fits),
        skipped=tuple(_skipped(lines)),
        seeds=inside.of_seeds(lines) if lines else "",
        characters=max((line.found.characters for line in lines), default=0),
    )


def _skipped(lines: Sequence[Shown]) -> Iterator[str]:
    """What was not judged and why, and of whom, where it is not so of all."""
    whose: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        for reason in line.found.skipped.items():
            whose.setdefault(reason, []).append(line.name)
    for (what, why), names in whose.items():
        of = "" if len(names) == len(lines) else f" of {words.listed(names)}"
        yield f"Not judged{of}: {what}, {why}."


def draw(info: Info) -> Sequence[Block]:
    """The ranks, then for each target the best unit of all over its text."""
    skipped: list[Block] = [Bullets(info.skipped)] if info.skipped else []
    if not info.best:
        return skipped
    painted = [block for each in info.best for block in _drawn(each[0])]
    return [Paragraph(_about(info)), _table(info), *skipped, *painted]


def _about(info: Info) -> str:
    return (
        "Of all units of all states, the one that predicts best, alone and by a threshold, what is "
        "readable in the text; found, with its threshold, on one half of the validation text and "
        f"judged on the other, on {words.whole(info.characters)} characters each ({info.seeds}). "
        "Balanced accuracy is the mean over characters where it is so and where it is not; a coin "
        "has 50%. Chance, for the plain accuracy, is to say always the same. A unit that tracks "
        "something may not be used for it, and a cell may know it without any one unit that does."
    )


def _fits(found: Recordings) -> Rows:
    """A row for each target and each unit that was kept."""
    for tracked in found.units:
        target = tracked.target
        for rank, fit in enumerate(target.units, 1):
            yield {
                "target": target.name,
                "kind": target.kind,
                "share": target.share,
                "chance": target.chance,
                "rank": rank,
                **fit.model_dump(),
            }


def _table(info: Info) -> Table:
    return Table(
        name="units",
        caption="The unit of each variant that tracks it best, judged on text not used to find it",
        columns=[
            Column("Variant", numeric=False),
            Column("Tracks", numeric=False),
            Column("Unit", numeric=False),
            Column("Balanced", "accuracy"),
            Column("Accuracy"),
            Column("Chance"),
            Column("|r|", "of a number"),
        ],
        rows=[_row(best) for each in info.best for best in each],
        data=info.fits,
    )


def _row(best: Best) -> list[str]:
    target, fit = best.tracked.target, best.fit
    binary = target.kind == "binary"
    return [
        best.line.name,
        target.name,
        _unit(best),
        inside.percent(fit.score) if binary else words.MISSING,
        words.MISSING if fit.accuracy is None else inside.percent(fit.accuracy),
        words.MISSING if target.chance is None else inside.percent(target.chance),
        words.MISSING if binary else words.decimal(fit.score),
    ]


def _unit(best: Best) -> str:
    fit = best.fit
    return f"{fit.state}, layer {fit.layer}, unit {fit.index}"


def _drawn(best: Best) -> Iterator[Block]:
    target, fit = best.tracked.target, best.fit
    score = "balanced accuracy" if target.kind == "binary" else "|r|"
    value = inside.percent(fit.score) if target.kind == "binary" else words.decimal(fit.score)
    yield Heading(f"{target.name.capitalize()}: {best.line.name}, {score} {value}")
    centred, yellow = _centred(best)
    caption = (
        f"After each character: {_unit(best)}. Sought: {target.about}. Yellow: "
        f"{yellow}; violet: the other way; the stronger, the further."
    )
    yield Painted(target.text, centred.tolist(), caption)


def _centred(best: Best) -> tuple[Array, str]:
    """The unit's values around what divides them, and what it means to be above that."""
    values, fit = best.tracked.values, best.fit
    if fit.threshold is None:
        return values - np.median(values), "above its median here"
    sign = 1 if fit.above else -1
    return sign * (values - fit.threshold), "by its threshold it says so"
