"""Perplexity against cost: counted parameters and FLOPs, measured times and memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from cellsearch.report.data import costs, frames
from cellsearch.report.document import Banner, Block, Column, Fold, Gallery, Paragraph, Table
from cellsearch.report.figures import fronts
from cellsearch.report.verdicts import machines, words
from cellsearch.report.verdicts.findings import Findings

TITLE = "Perplexity against cost"
ABOUT = "who is better at the same parameters, FLOPs, time or memory"
ORDER = 30


class Info(NamedTuple):
    """The fronts (of what was measured only), all costs, and where they were measured."""

    fronts: tuple[fronts.Front, ...]
    costs: pd.DataFrame
    measured: tuple[str, ...]
    apart: bool


def info(findings: Findings) -> Info:
    """Costs from the plan and from the measurements, perplexities from the trials."""
    judged = [v for v in findings.verdicts.values() if v.sample.losses]
    drawn = (fronts.front(kind, judged) for kind in costs.kinds(findings))
    return Info(
        fronts=tuple(front for front in drawn if front.points),
        costs=costs.frame(findings),
        measured=tuple(_measured(findings)),
        apart=machines.measured_apart(findings.journal),
    )


def draw(info: Info) -> Sequence[Block]:
    """A figure for each kind of cost, what was measured, then all costs as a table."""
    blocks: list[Block] = []
    if not info.measured:
        blocks.append(Paragraph("Time was not measured in this study; counted costs are shown."))
    if info.fronts:
        drawn = [fronts.figure(front) for front in info.fronts]
        caption = _caption(info, any(left_out for _, left_out in drawn))
        blocks.append(Gallery([figure for figure, _ in drawn], caption, "large"))
    if info.apart:
        blocks.append(Banner(_APART, "alarm"))
    if info.measured:
        blocks += [_measured_table(info.costs), Paragraph(_how(info))]
    return [*blocks, Fold("All costs", [_table(info.costs)])]


_APART = (
    "Costs were measured on machines of several kinds: neither times nor their ratios can be "
    "compared between variants of different machines."
)


def _measured(findings: Findings) -> list[str]:
    """Backend, device and threads of the measurements."""
    places = [bench.where for _, bench in costs.measured(findings)]
    said = (f"backend {p.backend}, {p.device}, {words.count(p.threads, 'thread')}" for p in places)
    return list(dict.fromkeys(said))


def _caption(info: Info, unnamed: bool) -> str:
    said = (
        "Large: perplexity of the mean loss of the seeds that are done; small: each of them. "
        "Upright line: 95% t interval over these seeds for the variant alone, cut where it leaves "
        "the panel. It holds what a seed brings to all variants alike, so it says little about a "
        "difference: two may overlap where the paired verdict is clear. "
        "Axes do not begin at 0; perplexity is on a log scale. Dashed: the front, "
        "which is of estimates; the verdicts say which differences are real. Hollow: seeds "
        "diverged or ended far off; without an interval and never on a front. Lower and further "
        "left is better."
    )
    if info.measured:
        said += " Time: median, level line from lower to upper quartile of the rounds."
    if any(_at_one_cost(front) for front in info.fronts):
        said += " Variants of one cost stand side by side, the best where the cost is."
    numbered = fronts.numbered(info.fronts)
    if numbered:
        said += f" Numbers: {', '.join(numbered)}."
    if unnamed:
        said += " Points that stand too close have no name; a pointer on them tells it."
    if any(fronts.crowded(front) for front in info.fronts):
        said += " The seeds are drawn as an image; all are there."
    return said


def _at_one_cost(front: fronts.Front) -> bool:
    return len({p.cost.value for p in front.points}) < len(front.points)


def _how(info: Info) -> str:
    said = (
        f"Measured with {'; '.join(info.measured)}, side by side in rounds, with nothing beside "
        "it. × base is the median of the ratios within a round, then their quartiles. Training is "
        "forward and backward of a segment, without the optimiser."
    )
    if info.costs["us_per_token_generation"].notna().any():
        said += (
            " Generation is one stream (batch 1), a token after the other, each drawn from the "
            "softmax. Peak memory is of training: weights, gradients and what a step keeps, as "
            "torch's allocator counts them; the optimiser's share comes on top. It is the same "
            "each time, so that it has no quartiles."
        )
    else:
        said += " Generation and memory were not measured in this study."
    return said


_MEASURED = (
    ("us_per_token_training", "Training", "µs a token"),
    ("time_ratio_to_base", "Training", "× base"),
    ("time_ratio", "", "quartiles"),
    ("us_per_token_generation", "Generation", "µs a token"),
    ("generation_ratio_to_base", "Generation", "× base"),
    ("generation_ratio", "", "quartiles"),
    ("peak_bytes_training", "Peak memory", "MB"),
    ("memory_ratio_to_base", "Peak memory", "× base"),
)


def _measured_table(frame: pd.DataFrame) -> Table:
    return Table(
        name="measured",
        caption="Measured cost of a token, side by side with the base",
        columns=[Column("Variant", numeric=False), *(Column(h, n) for _, h, n in _MEASURED)],
        rows=[_measured_row(record) for record in frames.records(frame)],
        data=frame[["variant", *frame.columns[list(frame.columns).index(_MEASURED[0][0]) :]]],
    )


def _measured_row(record: dict[str, Any]) -> list[str]:
    return [str(record["variant"]), *(_shown(record, name) for name, _, _ in _MEASURED)]


def _shown(record: dict[str, Any], name: str) -> str:
    if name.endswith("_ratio"):
        low, high = record[f"{name}_low"], record[f"{name}_high"]
        return words.MISSING if pd.isna(low) else f"{low:.2f} to {high:.2f}"
    value = record[name]
    if pd.isna(value):
        return words.MISSING
    if name == "peak_bytes_training":
        return words.significant(value / 1e6)
    return words.decimal(value) if "_ratio_" in name else words.significant(value)


_COUNTED = (
    ("hidden", "H", "width"),
    ("cells_parameters", "Parameters", "cells"),
    ("cells_flops_forward", "FLOPs", "cells, forward"),
    ("cells_flops_training", "FLOPs", "cells, training"),
    ("cells_elementwise", "Elementwise", "operations"),
    ("cells_state_size", "State", "numbers"),
    ("cells_sequential_depth", "Depth", "products in a row"),
    ("model_parameters", "Parameters", "whole model"),
    ("model_flops_forward", "FLOPs", "model, forward"),
    ("us_per_token_forward", "µs", "forward"),
)


def _table(frame: pd.DataFrame) -> Table:
    return Table(
        name="costs",
        caption="Counted cost, per token; the file has the measured ones, too",
        columns=[Column("Variant", numeric=False), *(Column(h, n) for _, h, n in _COUNTED)],
        rows=[_cost_row(record) for record in frames.records(frame)],
        data=frame,
    )


def _cost_row(record: dict[str, Any]) -> list[str]:
    return [str(record["variant"]), *(_number(record[name]) for name, _, _ in _COUNTED)]


def _number(value: object) -> str:
    if not isinstance(value, int | float) or pd.isna(value):
        return words.MISSING
    return words.whole(value) if isinstance(value, int) else words.significant(value)
