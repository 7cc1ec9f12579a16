"""Learning curves: validation perplexity of every seed, beside the base's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, NullFormatter

from cellsearch.report import drawing, frames
from cellsearch.report.document import Block, Figure, Gallery, Paragraph
from cellsearch.report.findings import Findings
from cellsearch.report.samples import BASE
from cellsearch.report.statistics import Numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Learning curves"
ORDER = 40


class Panel(NamedTuple):
    """One variant: a line [point, (tokens, perplexity)] for each seed; where the diverged ended."""

    name: str
    role: str
    lines: tuple[Numbers, ...]
    ends: Numbers


class Info(NamedTuple):
    """The base, the others in the order of the plan, and the limits that all panels share."""

    base: Panel
    others: tuple[Panel, ...]
    tokens: tuple[float, float]
    perplexity: tuple[float, float]


def info(findings: Findings) -> Info:
    """Every finite point of every trial's validation curve."""
    frame = frames.curves(findings.journal).dropna(subset=["valid_loss"])
    frame["perplexity"] = np.exp(frame["valid_loss"])
    by_variant = dict(list(frame.groupby("variant", sort=False)))
    empty = frame.iloc[:0]
    panels = [
        _panel(name, drawing.role(verdict.kind), by_variant.get(name, empty))
        for name, verdict in findings.verdicts.items()
    ]
    others = tuple(p for p in panels[1:] if p.lines)
    return Info(panels[0], others, _range(frame["tokens"]), _range(frame["perplexity"]))


def draw(info: Info) -> Sequence[Block]:
    """A panel per variant, with the base behind it."""
    panels = info.others or ((info.base,) if info.base.lines else ())
    if not panels:
        return [Paragraph("No trial left a curve.")]
    return [Gallery([_figure(panel, info) for panel in panels], _caption(info))]


def _panel(name: str, role: str, frame: pd.DataFrame) -> Panel:
    lines, ends = [], []
    for _, trial in frame.groupby("seed"):
        line = trial[["tokens", "perplexity"]].to_numpy()
        lines.append(line)
        if trial["status"].iloc[0] == "diverged":
            ends.append(line[-1])
    return Panel(name, role, tuple(lines), np.array(ends).reshape(-1, 2))


def _range(column: pd.Series[float]) -> tuple[float, float]:
    return (float(column.min()), float(column.max())) if len(column) else (1.0, 2.0)


def _figure(panel: Panel, info: Info) -> Figure:
    with drawing.style():
        figure, ax = drawing.axes(3.7, 2.9)
        if panel.name != BASE:
            _draw_lines(ax, info.base, 0.55)
        _draw_lines(ax, panel, 0.9)
        _axes(ax, panel, info)
    count = len(panel.lines)
    seeds = "1 seed" if count == 1 else f"{count} seeds"
    return Figure(
        f"curves_{_file(panel.name)}", f"Learning curves of {panel.name}, {seeds}", figure
    )


def _draw_lines(ax: Axes, panel: Panel, alpha: float) -> None:
    crowd = len(panel.lines) > 100
    colour = drawing.MUTED if panel.role == "base" else drawing.ROLES[panel.role]
    lines = LineCollection(
        list(panel.lines),
        colors=colour,
        linewidths=0.5 if crowd else 1.3,
        alpha=0.15 if crowd else alpha,
        rasterized=crowd,
        capstyle="round",
    )
    ax.add_collection(lines)
    ax.plot(*panel.ends.T, "x", color=colour, markersize=7, markeredgewidth=1.8)


def _axes(ax: Axes, panel: Panel, info: Info) -> None:
    low, high = info.perplexity
    ax.set_title(panel.name)
    ax.set_yscale("log")
    ax.set_xlim(0, 1.03 * info.tokens[1])
    ax.set_ylim(low / 1.05, high * 1.05)
    ax.yaxis.set_major_locator(LogLocator(subs=_ticks(high / low)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_formatter(EngFormatter(sep=""))
    ax.set_xlabel("training tokens")
    ax.set_ylabel("validation perplexity")


def _ticks(ratio: float) -> tuple[float, ...]:
    """Ticks within a decade: the fewer the more decades there are."""
    if ratio > 30:
        return (1.0, 3.0)
    return (1.0, 2.0, 5.0) if ratio > 5 else tuple(np.arange(1.0, 10.0, 0.5))


def _file(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name)


def _caption(info: Info) -> str:
    said = "Every seed is a line; the base's are grey, behind. All panels share their axes."
    if any(len(panel.ends) for panel in (info.base, *info.others)):
        said += " A cross: the last finite point of a run that diverged."
    if any(len(panel.lines) > 100 for panel in (info.base, *info.others)):
        said += " The lines are drawn as an image; all are there."
    return said
