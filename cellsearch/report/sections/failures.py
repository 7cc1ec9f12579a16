"""Trials without a result, and why; warnings of those that have one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from cellsearch.report.data import frames
from cellsearch.report.document import Banner, Block, Column, Paragraph, Table
from cellsearch.report.verdicts import machines, words
from cellsearch.report.verdicts.findings import Findings

TITLE = "Failures and warnings"
ABOUT = "what did not end well, and why"
ORDER = 60
SHOWN = 40


class Info(NamedTuple):
    """Trials that are not done (variant, seed, status, step, reason), and warnings.

    `unlike`: in what the machines differed on which trials ran. `parted`: the variants, and on
    which seeds each ran on another kind of machine than the base.
    """

    unlike: tuple[str, ...]
    parted: tuple[str, ...]
    unfinished: pd.DataFrame
    warnings: pd.DataFrame


def info(findings: Findings) -> Info:
    """The rows of both tables, in the order of the plan."""
    trials = frames.trials(findings.journal)
    left = trials[trials["status"] != "done"]
    reasons = [_reason(row["status"], row["error"]) for row in frames.records(left)]
    table = left[["variant", "seed", "status", "diverged_at"]].assign(reason=reasons)
    return Info(
        machines.unlike(findings.journal),
        _parted(findings),
        table.reset_index(drop=True),
        _warnings(findings),
    )


def draw(info: Info) -> Sequence[Block]:
    """A table of each kind, or the sentence that there is nothing to show."""
    blocks: list[Block] = []
    if info.unlike:
        blocks.append(Paragraph(f"{_UNLIKE} {'; '.join(info.unlike)}."))
    if info.parted:
        blocks.append(Banner(f"{_PARTED} {'; '.join(info.parted)}."))
    if len(info.unfinished):
        blocks += [*_cut(info.unfinished, "failures"), _unfinished(info.unfinished)]
    else:
        blocks.append(
            Paragraph("Every planned trial is done: none diverged, failed or is missing.")
        )
    if len(info.warnings):
        blocks += [*_cut(info.warnings, "warnings"), _warned(info.warnings)]
    return blocks


_UNLIKE = (
    "Not all trials ran on machines that are alike, so that a trial might have ended a little "
    "otherwise elsewhere:"
)


_PARTED = (
    "Of some pairs base and variant ran on different kinds of machines. They share the data's "
    "order and the first weights, and are paired but for rounding, which training enlarges. How "
    "long these trials took tells nothing about the cells:"
)


def _parted(findings: Findings) -> tuple[str, ...]:
    found = machines.parted(findings.journal)
    return tuple(
        f"{name} on {words.count(len(seeds), 'seed')} ({', '.join(map(str, seeds))})"
        for name, seeds in found.items()
    )


def _reason(status: str, error: object) -> str:
    if status == "missing":
        return "no line in the journal: not run, or not yet"
    return str(error) if isinstance(error, str) and error else "no reason recorded"


def _warnings(findings: Findings) -> pd.DataFrame:
    rows = [
        (trial.variant, trial.seed, warning)
        for trial in findings.journal.trials
        for warning in trial.outcome.warnings
    ]
    return pd.DataFrame(sorted(rows), columns=["variant", "seed", "warning"])


def _cut(frame: pd.DataFrame, name: str) -> list[Block]:
    if len(frame) <= SHOWN:
        return []
    return [Paragraph(f"The first {SHOWN} of {len(frame)}; all are in tables/{name}.csv.")]


def _unfinished(frame: pd.DataFrame) -> Table:
    return Table(
        name="failures",
        caption="Trials that are not done",
        columns=[
            Column("Variant", numeric=False),
            Column("Seed"),
            Column("Status", numeric=False),
            Column("At update"),
            Column("Reason", numeric=False),
        ],
        rows=[
            (r["variant"], str(r["seed"]), r["status"], _whole(r["diverged_at"]), r["reason"])
            for r in frames.records(frame.head(SHOWN))
        ],
        data=frame.astype({"diverged_at": "Int64"}),
        cards=True,
    )


def _warned(frame: pd.DataFrame) -> Table:
    return Table(
        name="warnings",
        caption="Warnings of trials",
        columns=[
            Column("Variant", numeric=False),
            Column("Seed"),
            Column("Warning", numeric=False),
        ],
        rows=[
            (r["variant"], str(r["seed"]), r["warning"]) for r in frames.records(frame.head(SHOWN))
        ],
        data=frame,
        cards=True,
    )


def _whole(number: float | None) -> str:
    return words.MISSING if pd.isna(number) else words.whole(number)
