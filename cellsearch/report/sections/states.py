"""States: what they grow to over time, against the range that was foretold."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from cellsearch.report.document import Block, Column, Figure, Gallery, Paragraph, Table
from cellsearch.report.figures import drawing, hover, inside, labels
from cellsearch.report.verdicts import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cellsearch.recorded import Array
    from cellsearch.report.data.recordings import Recordings, StateRange
    from cellsearch.report.figures.inside import Rows, Shown
    from cellsearch.report.verdicts.findings import Findings

TITLE = "States"
ABOUT = "what they grow to over time, against the range that was foretold"
ORDER = 54

# What a recorded array holds for each step; foretold ends may be missed by rounding alone.
LOWEST, LOW, MEDIAN, HIGH, HIGHEST = range(5)
ROUNDING = 1e-4


class Info(NamedTuple):
    """Those with recorded states, and the quantiles of every point, layer and step."""

    lines: tuple[Shown, ...]
    quantiles: pd.DataFrame


def info(findings: Findings) -> Info:
    """From the recordings."""
    lines = tuple(line for line in inside.shown(findings) if line.found.states)
    return Info(lines, inside.frame(findings, _quantiles))


def draw(info: Info) -> Sequence[Block]:
    """A panel for each state of each variant, and the ends in a table."""
    if not info.lines:
        return []
    figures = [_figure(line, state) for line in info.lines for state in line.found.states]
    return [
        Paragraph(f"{_ABOUT} Drawn: {inside.of_seeds(info.lines)}."),
        Gallery(figures, _CAPTION),
        _table(info),
    ]


_ABOUT = (
    "The range that interval analysis foretells holds for all weights and inputs; what a trained "
    "cell uses of it is seen here, on windows of held-out text that begin at the state's start. A "
    "state that still grows where the windows end is not at rest; how far it would go, these "
    "windows do not say."
)
_CAPTION = (
    "Over all units and windows, after training. Line: median; dark band: 1% to 99%; light band: "
    "lowest to highest; dashed: both before training. Dotted: the ends that were foretold."
)


def _quantiles(found: Recordings) -> Rows:
    """A row for each state, point, layer and step."""
    names = ("lowest", "percent_1", "median", "percent_99", "highest")
    for state in found.states:
        for p, tokens in enumerate(found.points):
            for layer, steps in enumerate(state.quantiles[p]):
                for step, values in enumerate(steps):
                    yield {
                        "state": state.name,
                        "tokens": tokens,
                        "layer": layer,
                        "step": step,
                        **dict(zip(names, values, strict=True)),
                    }


def _ends(state: StateRange, point: int) -> Array:
    """The quantiles at each step over all layers: the outermost of the ends, the mean median."""
    layers = state.quantiles[point]
    return np.stack(
        [
            *(layers[..., k].min(0) for k in (LOWEST, LOW)),
            layers[..., MEDIAN].mean(0),
            *(layers[..., k].max(0) for k in (HIGH, HIGHEST)),
        ]
    )


def _figure(line: Shown, state: StateRange) -> Figure:
    first, last = _ends(state, 0), _ends(state, -1)
    steps, colour = np.arange(1, last.shape[1] + 1), drawing.ROLES[line.role]
    with drawing.style():
        figure, ax = drawing.axes(3.7, 2.6)
        look: dict[str, Any] = {"color": colour, "linewidth": 0}
        ax.fill_between(steps, last[LOWEST], last[HIGHEST], alpha=0.15, **look)
        ax.fill_between(steps, last[LOW], last[HIGH], alpha=0.35, **look)
        (median,) = ax.plot(steps, last[MEDIAN], color=colour, linewidth=1.5)
        hover.tell(median, [_told(line, state)])
        for k in (LOWEST, HIGHEST):
            ax.plot(steps, first[k], color=colour, linewidth=0.9, linestyle="--")
        _foretold(ax, state)
        ax.set_title(f"{labels.shorten(line.name, 28)}: {state.name}")
        ax.set_xlim(1, steps[-1])
        ax.set_xlabel("step in the window")
        ax.set_ylabel(f"value of {state.name}")
    words = f"Range of the state {state.name} of {line.name} over a window: {_range(state, -1)}"
    return Figure(drawing.file_name(f"states_{line.name}_{state.name}"), words, figure)


def _foretold(ax: Axes, state: StateRange) -> None:
    for end in (state.low, state.high):
        if np.isfinite(end):
            ax.axhline(end, color=drawing.MUTED, linewidth=1, linestyle=":")


def _told(line: Shown, state: StateRange) -> str:
    return f"{line.name}, {state.name} after training: {_range(state, -1)}"


def _range(state: StateRange, point: int) -> str:
    values = state.quantiles[point]
    if np.isnan(values).any():
        return words.MISSING
    return f"{_value(values[..., LOWEST].min())} to {_value(values[..., HIGHEST].max())}"


def _value(value: float) -> str:
    if value in (inf, -inf):
        return "∞" if value > 0 else f"{words.MINUS}∞"
    return words.decimal(float(value)) if np.isfinite(value) else words.MISSING


def _table(info: Info) -> Table:
    return Table(
        name="states",
        caption="Range of every state, over all units, steps and windows",
        columns=[
            Column("Variant", numeric=False),
            Column("State", numeric=False),
            Column("Foretold"),
            Column("Before training", "lowest to highest"),
            Column("After training", "lowest to highest"),
            Column("After training", "1% to 99%, last step"),
            Column("Used", "of what was foretold"),
        ],
        rows=[_row(line.name, state) for line in info.lines for state in line.found.states],
        data=info.quantiles,
    )


def _row(name: str, state: StateRange) -> list[str]:
    at_end = _ends(state, -1)[:, -1]
    return [
        name,
        state.name,
        f"{_value(state.low)} to {_value(state.high)}",
        _range(state, 0),
        _range(state, -1),
        f"{_value(at_end[LOW])} to {_value(at_end[HIGH])}",
        _used(state),
    ]


def _used(state: StateRange) -> str:
    """Which share of a finite range was used; or that it was left, which would be an error."""
    lowest = np.nanmin(state.quantiles[..., LOWEST], initial=inf)
    highest = np.nanmax(state.quantiles[..., HIGHEST], initial=-inf)
    if lowest < state.low - ROUNDING or highest > state.high + ROUNDING:
        return "left it"
    width = state.high - state.low
    last = state.quantiles[-1]
    used = last[..., HIGHEST].max() - last[..., LOWEST].min()
    return inside.percent(float(used / width)) if 0 < width < inf else words.MISSING
