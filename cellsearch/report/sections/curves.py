"""Learning curves: validation perplexity of every seed, beside the base's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from cellsearch.report.data import frames
from cellsearch.report.document import Block, Figure, Gallery, Paragraph
from cellsearch.report.figures import drawing, hover, labels
from cellsearch.report.statistics import Numbers
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.findings import Findings
from cellsearch.report.verdicts.samples import BASE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Learning curves"
ABOUT = "validation perplexity in training, every seed"
ORDER = 40

# The panels reach up to so many times the worst variant's median perplexity at the end.
TALLEST = 1.8


# A loss beyond it is drawn as if it were this: its perplexity is none that a number holds.
LARGEST_LOSS = 100.0


class Panel(NamedTuple):
    """One variant: a line [point, (tokens, perplexity)] for each seed; where the diverged ended.

    `numbers`: which seeds have a line. `finals`: the last perplexity of each seed that did not
    diverge.
    """

    name: str
    role: str
    lines: tuple[Numbers, ...]
    numbers: tuple[int, ...]
    ends: Numbers
    finals: tuple[float, ...]


class Info(NamedTuple):
    """The base, the others in the order of the plan, and the limits that all panels share.

    `cut`: the first fall is above the panels, or the ends, where cells differ, would be flat.
    """

    base: Panel
    others: tuple[Panel, ...]
    tokens: float
    perplexity: tuple[float, float]
    cut: bool


def info(findings: Findings) -> Info:
    """Every finite point of every trial's validation curve."""
    frame = frames.curves(findings.journal).dropna(subset=["valid_loss"])
    frame["perplexity"] = np.exp(frame["valid_loss"].clip(upper=LARGEST_LOSS))
    by_variant = dict(list(frame.groupby("variant", sort=False)))
    empty = frame.iloc[:0]
    panels = [
        _panel(name, drawing.role(verdict.kind), by_variant.get(name, empty))
        for name, verdict in findings.verdicts.items()
    ]
    others = tuple(p for p in panels[1:] if p.lines)
    low, high = _range(frame["perplexity"])
    top = min(high, TALLEST * _worst_end(panels, high))
    return Info(panels[0], others, _range(frame["tokens"])[1], (low, top), top < high)


def draw(info: Info) -> Sequence[Block]:
    """A panel per variant, with the base behind it."""
    panels = info.others or ((info.base,) if info.base.lines else ())
    if not panels:
        return [Paragraph("No trial left a curve.")]
    return [Gallery([_figure(panel, info) for panel in panels], _caption(info))]


def _panel(name: str, role: str, frame: pd.DataFrame) -> Panel:
    lines, numbers, ends, finals = [], [], [], []
    for seed, trial in frame.groupby("seed"):
        line = trial[["tokens", "perplexity"]].to_numpy()
        lines.append(line)
        numbers.append(int(str(seed)))
        if trial["status"].iloc[0] == "diverged":
            ends.append(line[-1])
        else:
            finals.append(float(line[-1, 1]))
    crosses = np.array(ends).reshape(-1, 2)
    return Panel(name, role, tuple(lines), tuple(numbers), crosses, tuple(finals))


def _range(column: pd.Series[float]) -> tuple[float, float]:
    return (float(column.min()), float(column.max())) if len(column) else (1.0, 2.0)


def _worst_end(panels: Sequence[Panel], otherwise: float) -> float:
    ends = [np.median(p.finals) for p in panels if p.finals]
    return float(max(ends, default=otherwise))


def _figure(panel: Panel, info: Info) -> Figure:
    with drawing.style():
        figure, ax = drawing.axes(3.7, 2.9)
        if panel.name != BASE:
            _draw_lines(ax, info.base, 0.6)
        _draw_lines(ax, panel, 0.9)
        _axes(ax, panel, info)
        _draw_ends(ax, panel)
    count = len(panel.lines)
    seeds = "1 seed" if count == 1 else f"{count} seeds"
    said = f"Validation perplexity of {panel.name} while it trains, {seeds}, beside the base"
    return Figure(f"curves_{drawing.file_name(panel.name)}", said, figure)


def _draw_lines(ax: Axes, panel: Panel, alpha: float) -> None:
    crowd = len(panel.lines) > 100
    colour, width = drawing.ROLES[panel.role], 0.7 if panel.role == "base" else 1.5
    lines = LineCollection(
        list(panel.lines),
        colors=colour,
        linewidths=0.5 if crowd else width,
        alpha=0.15 if crowd else alpha,
        rasterized=crowd,
        capstyle="round",
    )
    hover.tell(lines, [_told(panel, k) for k in range(len(panel.lines))])
    ax.add_collection(lines)


def _draw_ends(ax: Axes, panel: Panel) -> None:
    """Crosses; at the upper edge where they lie above."""
    tokens, perplexity = panel.ends.T
    seen = np.minimum(perplexity, ax.get_ylim()[1])
    (crosses,) = ax.plot(tokens, seen, "x", color=drawing.ROLES[panel.role], clip_on=False)
    crosses.set(markersize=7, markeredgewidth=1.8)


def _told(panel: Panel, k: int) -> str:
    tokens, perplexity = panel.lines[k][-1]
    after = f"{words.decimal(perplexity, 3)} after {words.whole(tokens)} tokens"
    return f"{panel.name}, seed {panel.numbers[k]}: {after}"


def _axes(ax: Axes, panel: Panel, info: Info) -> None:
    low, high = info.perplexity
    ax.set_title(labels.shorten(panel.name, 34))
    ax.set_yscale("log")
    ax.set_xlim(0, 1.03 * info.tokens)
    ax.set_ylim(low / 1.05, high * 1.05)
    ax.yaxis.set_major_locator(MaxNLocator(6) if high < 6 * low else LogLocator(subs=(1, 3)))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_major_formatter(EngFormatter(sep=""))
    ax.set_xlabel("training tokens")
    ax.set_ylabel("validation perplexity")


def _caption(info: Info) -> str:
    said = "Every seed is a line; the base's are thin and dark, behind. Panels share their axes."
    if info.cut:
        said += " What lies above the panels is cut off."
    if any(len(panel.ends) for panel in (info.base, *info.others)):
        said += " A cross: the last finite point of a run that diverged, or the edge below it."
    if any(len(panel.lines) > 100 for panel in (info.base, *info.others)):
        said += " The lines are drawn as an image; all are there."
    return said
