"""Gates: how often each unit's gate is shut or open, as in Karpathy et al. 2015."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from cellsearch.report.document import Block, Column, Fold, Gallery, Paragraph, Table
from cellsearch.report.figures import inside
from cellsearch.report.figures.gates import distribution_figure, saturation_figure
from cellsearch.report.figures.inside import Shown

if TYPE_CHECKING:
    from cellsearch.report.data.recordings import Recordings
    from cellsearch.report.figures.inside import Rows
    from cellsearch.report.verdicts.findings import Findings

TITLE = "Gates"
ABOUT = "how often they are shut or open, unit by unit, and how that came about"
ORDER = 53


class Info(NamedTuple):
    """Those whose cells have gates, and every unit of every gate, point, variant and seed."""

    lines: tuple[Shown, ...]
    units: pd.DataFrame


def info(findings: Findings) -> Info:
    """From the recordings."""
    lines = tuple(line for line in inside.shown(findings) if line.found.gates)
    return Info(lines, inside.frame(findings, _units))


def draw(info: Info) -> Sequence[Block]:
    """Saturation after training, then in a table, then distributions over training."""
    if not info.lines:
        return []
    saturated = [saturation_figure(line) for line in info.lines]
    spread = [distribution_figure(line) for line in info.lines]
    return [
        Paragraph(f"{_ABOUT} Drawn: {inside.of_seeds(info.lines)}."),
        Gallery(saturated, _SATURATION),
        _table(info),
        Fold("Distributions over training", [Gallery(spread, _DISTRIBUTION)]),
    ]


_ABOUT = (
    "A gate below 0.1 is counted as shut (left-saturated), above 0.9 as open (right-saturated), as "
    "in Karpathy et al. 2015, on held-out text. A gate that is often open or shut decides; one "
    "that is always the same is a constant, which an ablation may take away. What a gate does when "
    "it is neither, these shares do not say."
)
_SATURATION = (
    "Each point is a unit after training: the share of steps at which its gate is shut, and at "
    "which it is open. At the lower left a gate is never saturated; at the right and at the top it "
    "is always shut or always open."
)
_DISTRIBUTION = (
    "Each shape is the distribution of a gate's values over units and steps, as wide as it is "
    "frequent; for each gate, from left to right, the recorded points of training, the first one "
    "before it. Dotted: 0.1 and 0.9."
)


def _units(found: Recordings) -> Rows:
    """A row for each gate, point, layer and unit."""
    for gate in found.gates:
        for p, tokens in enumerate(found.points):
            for layer, unit in np.argwhere(np.isfinite(gate.mean[p])):
                yield {
                    "gate": gate.name,
                    "tokens": tokens,
                    "layer": layer,
                    "unit": unit,
                    "left_saturated": gate.left[p, layer, unit],
                    "right_saturated": gate.right[p, layer, unit],
                    "mean": gate.mean[p, layer, unit],
                }


def _table(info: Info) -> Table:
    return Table(
        name="gates",
        caption="Share of steps at which gates are saturated, over all units",
        columns=[
            Column("Variant", numeric=False),
            Column("Gate", numeric=False),
            Column("Shut", "before training"),
            Column("Shut", "after"),
            Column("Open", "before training"),
            Column("Open", "after"),
            Column("Mean", "after"),
        ],
        rows=[
            [
                line.name,
                gate.name,
                *(inside.percent(inside.mean(gate.left[p])) for p in (0, -1)),
                *(inside.percent(inside.mean(gate.right[p])) for p in (0, -1)),
                inside.number(inside.mean(gate.mean[-1])),
            ]
            for line in info.lines
            for gate in line.found.gates
        ],
        data=info.units,
    )
