"""Figures of the gradient's flow: against the lag, with gates held, and unit by unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import LogLocator, NullLocator
from scipy.stats import rankdata

from cellsearch.report.document import Figure
from cellsearch.report.figures import drawing, hover, inside, labels
from cellsearch.report.figures.gates import MOST_UNITS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cellsearch.recorded import Array
    from cellsearch.report.data.recordings import Flow, Gate, Recordings
    from cellsearch.report.figures.inside import Shown

# The panels reach down to this share, and up to so much where a gradient grows.
LEAST, MOST = 1e-4, 1e4
LEFT = 0.01


def norm_figure(line: Shown, first: Shown) -> Figure:
    """The norm against the lag; behind it that of another variant."""
    flow = flow_of(line)
    with drawing.style():
        figure, ax = drawing.axes(3.7, 2.9)
        if line.name != first.name:
            _line(ax, first, -1, drawing.INK, linewidth=0.8)
        colour = drawing.ROLES[line.role]
        band = (np.clip(q[-1], LEAST / 10, MOST * 10) for q in (flow.low, flow.high))
        ax.fill_between(flow.lags, *band, color=colour, alpha=0.2, linewidth=0)
        _line(ax, line, 0, colour, linewidth=1.1, linestyle="--")
        _line(ax, line, -1, colour, linewidth=1.8)
        _mark(ax, flow, colour)
        _axes(ax, line.name, flow)
    reaches = flow.reaches(-1)
    told = "" if reaches is None else f": it falls below 1% at lag {reaches}"
    words = f"Norm of the gradient of {line.name} against the lag{told}"
    return Figure(f"flow_{drawing.file_name(line.name)}", words, figure)


def held_figure(line: Shown) -> Figure:
    """The norm against the lag, as trained and with each gate held at 0 and at 1."""
    flow = flow_of(line)
    with drawing.style():
        figure, ax = drawing.axes(3.7, 2.9)
        _line(ax, line, -1, drawing.ROLES[line.role], linewidth=1.8)
        names: list[labels.Label] = []
        for gate, norms in flow.held.items():
            for value, style in ((0, ":"), (1, "-")):
                own = np.clip(norms[value], 0, MOST)
                (drawn,) = ax.plot(np.arange(len(own)), own, style, color=drawing.INK, linewidth=1)
                hover.tell(drawn, [f"{line.name} with {gate} = {value}"])
                place = len(names) / (2 * len(flow.held))
                names.append(_end_label(f"{gate} = {value}", own, place))
        _axes(ax, line.name, flow)
        labels.place(ax, names, 8.5)
    words = f"Norm of the gradient of {line.name} with a gate held: {', '.join(flow.held)}"
    return Figure(f"held_{drawing.file_name(line.name)}", words, figure)


def left_figure(line: Shown, state: str, gate: Gate) -> Figure:
    """What is left of each unit's gradient, against the mean of its gate."""
    left, mean = flow_of(line).left[state][-1], gate.mean[-1]
    there = np.flatnonzero(np.isfinite(inside.units(mean))).tolist()
    x, y = inside.units(mean)[there], inside.units(left)[there]
    with drawing.style():
        figure, ax = drawing.axes(3.7, 2.9)
        dots = ax.scatter(
            x,
            np.clip(y, LEAST, None),
            s=14,
            alpha=0.7,
            linewidths=0,
            color=drawing.ROLES[line.role],
            rasterized=left.size > MOST_UNITS,
        )
        hover.tell(
            dots,
            [
                f"{line.name}, {inside.unit_name(k, mean)}: mean {gate.name} {m:.2f}, "
                f"{inside.percent(share)} left"
                for k, m, share in zip(there, x, y, strict=True)
            ],
        )
        ax.set_title(labels.shorten(line.name, 34))
        ax.set_xlim(-0.02, 1.02)
        _shares(ax)
        ax.set_ylim(LEAST / 1.5, max(2.0, 1.5 * float(np.nanmax(left, initial=0))))
        ax.set_xlabel(f"mean of the gate {gate.name}")
        ax.set_ylabel(f"gradient of {state} left")
    words = f"Gradient of {state} left in each unit of {line.name} against the mean of {gate.name}"
    return Figure(f"left_{drawing.file_name(line.name)}", words, figure)


def gate_of(found: Recordings) -> tuple[str, Gate] | None:
    """The state and the gate of as many units whose ranks agree best; None: there is no pair."""
    if found.flow is None:
        return None
    pairs = [
        (_agreement(left[-1], gate.mean[-1]), state, gate)
        for state, left in found.flow.left.items()
        for gate in found.gates
        if left.shape == gate.mean.shape
    ]
    best = max(pairs, key=lambda pair: pair[0], default=None)
    return (best[1], best[2]) if best and best[0] > 0 else None


def _agreement(one: Array, two: Array) -> float:
    """Spearman's correlation, without its sign; 0 where one of them is constant or no number."""
    # What a layer has not is no number in both.
    there = np.isfinite(two)
    x, y = one[there], two[there]
    if not (x.size and np.isfinite(x).all() and np.ptp(x) > 0 and np.ptp(y) > 0):
        return 0.0
    return abs(float(np.corrcoef(rankdata(x), rankdata(y))[0, 1]))


def flow_of(line: Shown) -> Flow:
    """Its flow, of those that have one."""
    assert line.found.flow is not None
    return line.found.flow


def _line(ax: Axes, line: Shown, point: int, colour: str, **look: Any) -> None:
    flow = flow_of(line)
    norms = np.clip(flow.total[point], 0, MOST)
    (drawn,) = ax.plot(flow.lags, norms, color=colour, **look)
    hover.tell(drawn, [f"{line.name}, seed {line.seed}, {inside.when(line.found, point)}"])


def _mark(ax: Axes, flow: Flow, colour: str) -> None:
    lag = flow.reaches(-1)
    if lag is not None:
        ax.plot(lag, LEFT, "o", color=colour, markersize=5, zorder=4)
        side = -1 if lag > flow.lags[-1] / 2 else 1
        said = ax.annotate(
            f"1% at {lag}",
            (lag, LEFT),
            xytext=(7 * side, 7 * side),
            textcoords="offset points",
            ha="left" if side > 0 else "right",
            va="center",
            fontsize=9,
        )
        said.set_in_layout(False)


def _end_label(text: str, norms: Array, place: float) -> labels.Label:
    """At a place of its own, from 0 to 1, where the line is still in the panel."""
    seen = np.flatnonzero(norms >= LEAST * 2)
    x = int(seen[-1]) * (0.9 - min(0.4, 0.8 * place)) if seen.size else 0.0
    y = max(float(norms[int(x)]), LEAST * 2)
    return labels.Label(text, x, y, x, x)


def _axes(ax: Axes, name: str, flow: Flow) -> None:
    highest = np.nanmax(np.where(np.isfinite(flow.high), flow.high, 1), initial=1)
    ax.axhline(LEFT, color=drawing.MUTED, linewidth=1, linestyle=":")
    ax.set_title(labels.shorten(name, 34))
    _shares(ax)
    ax.set_xlim(0, flow.lags[-1])
    ax.set_ylim(LEAST, min(MOST, max(2.0, 1.5 * float(highest))))
    ax.set_xlabel("lag, steps back")
    ax.set_ylabel("gradient norm left")


def _shares(ax: Axes) -> None:
    """Percents, each line ten times the one below."""
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator())
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g}%")
