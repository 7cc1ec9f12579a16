"""Trials without a result, and why; warnings of those that have one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from cellsearch.report import frames, words
from cellsearch.report.document import Block, Column, Paragraph, Table
from cellsearch.report.findings import Findings

TITLE = "Failures and warnings"
ABOUT = "what did not end well, and why"
ORDER = 60
SHOWN = 40


class Info(NamedTuple):
    """Trials that are not done (variant, seed, status, step, reason), and warnings.

    `unlike`: in what the machines differed on which trials ran.
    """

    unlike: tuple[str, ...]
    unfinished: pd.DataFrame
    warnings: pd.DataFrame


def info(findings: Findings) -> Info:
    """The rows of both tables, in the order of the plan."""
    trials = frames.trials(findings.journal)
    left = trials[trials["status"] != "done"]
    reasons = [_reason(row["status"], row["error"]) for row in frames.records(left)]
    table = left[["variant", "seed", "status", "diverged_at"]].assign(reason=reasons)
    return Info(_unlike(findings), table.reset_index(drop=True), _warnings(findings))


def draw(info: Info) -> Sequence[Block]:
    """A table of each kind, or the sentence that there is nothing to show."""
    blocks: list[Block] = []
    if info.unlike:
        blocks.append(Paragraph(f"{_UNLIKE} {'; '.join(info.unlike)}."))
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


def _unlike(findings: Findings) -> tuple[str, ...]:
    journal = findings.journal
    ran = [t.outcome.where for t in (*journal.tuning, *journal.trials) if t.outcome.where]
    kinds = {
        "device": {place.device for place in ran},
        "backend": {place.backend for place in ran},
        "torch": {place.versions.get("torch", "unknown") for place in ran},
    }
    return tuple(f"{k} {words.listed(sorted(v))}" for k, v in kinds.items() if len(v) > 1)


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
