"""Figures of gates: how often each unit is saturated, and how a gate's values are distributed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import PercentFormatter

from cellsearch.report.document import Figure
from cellsearch.report.figures import drawing, hover, inside, labels

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from cellsearch.recorded import Array
    from cellsearch.report.data.recordings import Gate
    from cellsearch.report.figures.inside import Shown

# Gates differ in shape, since colours mean classes; so many shapes can be told apart.
SHAPES = "os^Dv*PX<>phd8"
# Beyond so many units a panel's points are an image, or twenty variants would be a heavy page.
MOST_UNITS = 400
LEFT, RIGHT = 0.1, 0.9
# So many names stand beside each other's points in the corner where no unit can lie.
MOST_NAMED = 5


def saturation_figure(line: Shown) -> Figure:
    """Every unit after training: share of steps shut against share of steps open."""
    gates = line.found.gates
    with drawing.style():
        figure, ax = drawing.axes(3.7, 3.4)
        ax.plot((0, 1), (1, 0), color=drawing.GRID, linewidth=1)
        keys = [
            _draw_units(ax, line, gate, SHAPES[k % len(SHAPES)], _crowded(line))
            for k, gate in enumerate(gates)
        ]
        ax.set_title(labels.shorten(line.name, 34))
        ax.set_xlim(-0.03, 1.03)
        ax.set_ylim(-0.03, 1.03)
        ax.set_xlabel("steps at which it is shut")
        ax.set_ylabel("steps at which it is open")
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(PercentFormatter(1, decimals=0))
        # No unit can lie there.
        size = 9 if len(gates) <= MOST_NAMED else 9 * MOST_NAMED / len(gates)
        ax.legend(handles=keys, loc="upper right", title="gate", handletextpad=0.1, fontsize=size)
    said = "; ".join(
        f"{gate.name} {inside.percent(inside.mean(gate.left[-1]))} and "
        f"{inside.percent(inside.mean(gate.right[-1]))}"
        for gate in gates
    )
    words = f"Shares of steps at which the gates of {line.name} are shut and open: {said}"
    return Figure(f"gates_{drawing.file_name(line.name)}", words, figure)


def distribution_figure(line: Shown) -> Figure:
    """Of each gate a shape for every recorded point of training."""
    gates, points = line.found.gates, range(len(line.found.points))
    with drawing.style():
        figure, ax = drawing.axes(3.7, 2.9)
        for k, gate in enumerate(gates):
            for p in points:
                if not np.isfinite(gate.histogram[p]).all():
                    continue
                x = k + (p + 0.5) / len(points) * 0.9
                said = f"{line.name}, gate {gate.name}, {inside.when(line.found, p)}"
                _draw_shape(ax, x, 0.4 / len(points), gate.histogram[p].mean(0), line, said)
        for edge in (LEFT, RIGHT):
            ax.axhline(edge, color=drawing.MUTED, linewidth=0.8, linestyle=":")
        ax.set_title(labels.shorten(line.name, 34))
        ax.set_xlim(-0.1, len(gates))
        ax.set_ylim(0, 1)
        ax.set_xticks([k + 0.45 for k in range(len(gates))], [gate.name for gate in gates])
        ax.grid(visible=False, axis="x")
        ax.set_xlabel("gate, over training")
        ax.set_ylabel("value")
    words = f"Distributions of the values of the gates of {line.name} over training"
    return Figure(f"openings_{drawing.file_name(line.name)}", words, figure)


def _crowded(line: Shown) -> bool:
    return sum(len(inside.units(gate.mean[-1])) for gate in line.found.gates) > MOST_UNITS


def _draw_units(ax: Axes, line: Shown, gate: Gate, shape: str, crowded: bool) -> Artist:
    """A point for each unit; returns what stands for them in a legend."""
    there = np.flatnonzero(np.isfinite(inside.units(gate.mean[-1]))).tolist()
    left, right = (inside.units(share[-1])[there] for share in (gate.left, gate.right))
    colour = drawing.ROLES[line.role]
    look: dict[str, Any] = {"marker": shape, "color": colour, "alpha": 0.6, "linewidths": 0}
    dots = ax.scatter(left, right, s=16, rasterized=crowded, **look)
    hover.tell(
        dots,
        [
            f"{line.name}, gate {gate.name}, {inside.unit_name(k, gate.left[-1])}: "
            f"shut {inside.percent(shut)}, open {inside.percent(is_open)}"
            for k, shut, is_open in zip(there, left, right, strict=True)
        ],
    )
    return ax.scatter([], [], s=30, label=gate.name, **look)


def _draw_shape(ax: Axes, x: float, width: float, shares: Array, line: Shown, said: str) -> None:
    """A histogram on its side, both ways from `x`; the widest bin reaches `width`."""
    edges = np.repeat(np.linspace(0, 1, len(shares) + 1), 2)[1:-1]
    half = np.repeat(shares / max(float(shares.max()), 1e-9), 2) * width
    shape = ax.fill_betweenx(
        edges, x - half, x + half, color=drawing.ROLES[line.role], alpha=0.7, linewidth=0
    )
    hover.tell(shape, [said])
