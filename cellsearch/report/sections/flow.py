"""Gradient flow: how far back in time a loss reaches, before and after training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from cellsearch.report.document import Block, Column, Fold, Gallery, Paragraph, Table
from cellsearch.report.figures import inside
from cellsearch.report.figures.flow import flow_of, gate_of, held_figure, left_figure, norm_figure
from cellsearch.report.figures.inside import Shown
from cellsearch.report.verdicts import words

if TYPE_CHECKING:
    from cellsearch.report.data.recordings import Flow, Recordings
    from cellsearch.report.figures.inside import Rows
    from cellsearch.report.verdicts.findings import Findings

TITLE = "Gradient flow"
ABOUT = "how far back in time a loss reaches, and what the gates do to that"
ORDER = 52

# Norms are read at these lags, where they were recorded.
LAGS = (10, 30, 100)


class Info(NamedTuple):
    """Those that have a flow, and every norm of every point, variant and seed."""

    lines: tuple[Shown, ...]
    norms: pd.DataFrame


def info(findings: Findings) -> Info:
    """From the recordings."""
    lines = tuple(line for line in inside.shown(findings) if line.found.flow)
    return Info(lines, inside.frame(findings, _norms))


def draw(info: Info) -> Sequence[Block]:
    """The norms against the lag, the lags in a table, then what gates do to them."""
    if not info.lines:
        return []
    lines = info.lines
    norms = Gallery([norm_figure(line, lines[0]) for line in lines], _CAPTION)
    return [Paragraph(_found(lines)), norms, _table(info), *_held(lines), *_left(lines)]


_CAPTION = (
    "Norm of the gradient of one loss with respect to the cell's whole state so many steps before, "
    "as a share of what the loss injects; mean over windows of held-out text, with their middle "
    "half. Thick: after training; dashed: before. Thin and dark: the first panel's. Dotted: 1%."
)
_LIMITS = (
    "A gradient that arrives can be learned from; whether it is, this does not say. Nor does it "
    "say that a cell remembers no longer: states can carry further than gradients."
)
_HELD = (
    "The trained cell, with one gate held at 0 or at 1 in every unit at every step. A flat line: "
    "the gradient passes straight through. One that falls at once: it is cut off. A cell that was "
    "trained so might have learned otherwise."
)


def _found(lines: Sequence[Shown]) -> str:
    each = "; ".join(f"{line.name} {_to_one_percent(flow_of(line), -1)}" for line in lines)
    return (
        f"Steps back until 1% of the gradient is left, after training ({inside.of_seeds(lines)}): "
        f"{each}. {_LIMITS}"
    )


def _to_one_percent(flow: Flow, point: int) -> str:
    if np.isnan(flow.total[point]).any():
        return words.MISSING
    lag = flow.reaches(point)
    return f"over {flow.lags[-1]}" if lag is None else str(lag)


def _norms(found: Recordings) -> Rows:
    """A row for each point and lag."""
    flow = found.flow
    if flow is None:
        return
    for point, tokens in enumerate(found.points):
        norms = zip(flow.total[point], flow.low[point], flow.high[point], strict=True)
        for lag, (norm, low, high) in enumerate(norms):
            yield {
                "tokens": tokens,
                "lag": lag,
                "norm": norm,
                "lower_quartile": low,
                "upper_quartile": high,
            }


def _table(info: Info) -> Table:
    longest = max(int(flow_of(line).lags[-1]) for line in info.lines)
    lags = [lag for lag in LAGS if lag <= longest]
    return Table(
        name="flow",
        caption="How far back the gradient reaches",
        columns=[
            Column("Variant", numeric=False),
            Column("1% left", "steps, before"),
            Column("1% left", "steps, after"),
            *(Column("Norm", f"{lag} steps back, after") for lag in lags),
        ],
        rows=[
            [
                line.name,
                _to_one_percent(flow_of(line), 0),
                _to_one_percent(flow_of(line), -1),
                *(_norm(flow_of(line), lag) for lag in lags),
            ]
            for line in info.lines
        ],
        data=info.norms,
    )


def _norm(flow: Flow, lag: int) -> str:
    return inside.number(flow.total[-1, lag]) if lag <= flow.lags[-1] else words.MISSING


def _held(lines: Sequence[Shown]) -> list[Block]:
    figures = [held_figure(line) for line in lines if flow_of(line).held]
    return [Fold("With a gate held shut or open", [Gallery(figures, _HELD)])] if figures else []


def _left(lines: Sequence[Shown]) -> list[Block]:
    chosen = [(line, *found) for line in lines if (found := gate_of(line.found))]
    if not chosen:
        return []
    caption = (
        "Each point is a unit of the trained cell: what is left of its own gradient after "
        f"{flow_of(lines[0]).left_lag} steps, against the mean of its gate. Of the cell's gates "
        "and states, the pair whose ranks agree best; that one makes the other so, this does not "
        "show. What is less than 0.01% stands at the lower edge."
    )
    return [Fold("Unit by unit", [Gallery([left_figure(*found) for found in chosen], caption)])]
