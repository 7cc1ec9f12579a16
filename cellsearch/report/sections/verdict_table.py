"""The verdict table: variant, change with both intervals, class, cost, one plain sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from cellsearch.report.document import Block, Cell, Column, Fold, Paragraph, Table, Tag
from cellsearch.report.figures.drawing import role
from cellsearch.report.statistics import Interval
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.findings import Findings
from cellsearch.report.verdicts.rows import Row, rows

TITLE = "Verdicts"
ABOUT = ""
ORDER = 10


class Info(NamedTuple):
    """The rows, the colour of each, and what heads the columns."""

    rows: tuple[Row, ...]
    roles: tuple[str, ...]
    level: float
    contrasts: int
    looks: int
    counted: str
    tuned: bool


def info(findings: Findings) -> Info:
    """A row per variant."""
    return Info(
        rows=tuple(rows(findings)),
        roles=tuple(role(verdict.kind) for verdict in findings.verdicts.values()),
        level=findings.rules.level,
        contrasts=len(findings.rules.contrasts),
        looks=findings.rules.looks,
        counted="cells" if findings.journal.study.spec.match.of == "cell" else "whole model",
        tuned=findings.journal.study.spec.tune is not None,
    )


def draw(info: Info) -> Sequence[Block]:
    """The table, and how its intervals are to be read."""
    if len(info.rows) == 1:
        return [_table(info)]
    return [_table(info), Fold("How to read this table", [Paragraph(_reading(info))])]


def _reading(info: Info) -> str:
    looks = f" and {info.looks} looks" if info.looks > 1 else ""
    of = f" each for {words.count(info.contrasts, 'contrast')}" if info.contrasts else ""
    each = f"{100 * info.level:.2f}%{of}{looks}"
    return (
        "Change is that of test perplexity against the base, from differences of mean loss paired "
        "by seed. The 95% interval covers the truth in 95 of 100 studies for one variant alone; "
        f"the simultaneous one (Bonferroni, {each}) does so for all contrasts at once"
        f"{_stopped(info)}. Verdicts "
        "follow Holm's procedure, which is sharper than Bonferroni, and equivalence is tested on "
        "one side at a time: so a verdict may stand although its simultaneous interval touches 0 "
        "or reaches over the margin. What stands in [brackets] is not tested: a seed diverged or "
        "ended far off, or the base diverged."
        f"{_time(info)}{_tuned(info)}"
    )


def _stopped(info: Info) -> str:
    if info.looks == 1:
        return ""
    return (
        ". Who stops at the look that pleases has 95% intervals that cover less often than 95 "
        "times: quote the simultaneous one, which allows for looks"
    )


def _tuned(info: Info) -> str:
    if not info.tuned:
        return ""
    return " All numbers come from fresh seeds at frozen settings, conditional on this tuning."


def _time(info: Info) -> str:
    if all(row.ratio is None for row in info.rows):
        return ""
    return " Time × base is the median of ratios measured side by side."


def _table(info: Info) -> Table:
    return Table(
        name="verdicts",
        caption="Verdict on every variant; FLOPs are per token, time is measured in training",
        columns=_columns(info),
        rows=[_cells(row, name) for row, name in zip(info.rows, info.roles, strict=True)],
        data=_data(info.rows),
        cards=True,
    )


def _columns(info: Info) -> list[Column]:
    return [
        Column("Variant", numeric=False),
        Column("Verdict", numeric=False),
        Column("Perplexity", "test"),
        Column("Change"),
        Column("95%", "alone"),
        Column("Simultaneous", "all together"),
        Column("Seeds"),
        Column("Parameters", info.counted),
        Column("FLOPs", f"{info.counted}, forward"),
        Column("Time", "× base"),
    ]


def _cells(row: Row, name: str) -> list[Cell]:
    return [
        row.variant,
        Tag(row.kind, name, row.sentence),
        row.perplexity,
        row.change,
        row.interval,
        row.simultaneous,
        row.seeds,
        words.whole(row.parameters),
        words.whole(row.flops),
        words.decimal(row.ratio),
    ]


def _data(lines: Sequence[Row]) -> pd.DataFrame:
    return pd.DataFrame([_record(row) for row in lines])


def _record(row: Row) -> dict[str, object]:
    alone, together = row.interval_percent, row.simultaneous_percent
    return {
        "variant": row.variant,
        "verdict": row.kind,
        "test_perplexity": row.test_perplexity,
        "change_percent": row.change_percent,
        **_ends("interval", alone),
        **_ends("simultaneous", together),
        "p_holm": row.p_adjusted,
        "seeds": row.seeds,
        "diverged": row.diverged,
        "parameters": row.parameters,
        "flops_forward_per_token": row.flops,
        "us_per_token_training": row.us_per_token,
        "time_ratio_to_base": row.ratio,
        "in_words": row.sentence,
    }


def _ends(name: str, interval: Interval | None) -> dict[str, float | None]:
    low, high = interval or (None, None)
    return {f"{name}_low_percent": low, f"{name}_high_percent": high}
