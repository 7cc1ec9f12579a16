"""Perplexity against cost: counted parameters, counted FLOPs, measured time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.ticker import EngFormatter, MaxNLocator, NullFormatter, NullLocator

from cellsearch.report import drawing, frames, hover, labels, words
from cellsearch.report.document import Block, Column, Figure, Fold, Gallery, Paragraph, Table
from cellsearch.report.findings import Class, Findings, Verdict
from cellsearch.report.rows import counted
from cellsearch.report.samples import BASE
from cellsearch.report.statistics import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Perplexity against cost"
ABOUT = "who is better at the same parameters, FLOPs or time"
ORDER = 30


class Point(NamedTuple):
    """One variant at one cost: the perplexity of every seed that is done, and of their mean loss.

    `numbers`: which seeds these are. `stable` is false where a seed diverged: such a variant is
    never on a front.
    """

    name: str
    role: str
    cost: float
    quartiles: Interval | None
    seeds: tuple[float, ...]
    numbers: tuple[int, ...]
    perplexity: float
    stable: bool


class Front(NamedTuple):
    """One kind of cost: name of the file, axis, points, and who is on the front by rising cost."""

    name: str
    axis: str
    points: tuple[Point, ...]
    front: tuple[Point, ...]


class Info(NamedTuple):
    """The fronts (measured time only where it was measured) and the table of costs."""

    fronts: tuple[Front, ...]
    costs: pd.DataFrame
    measured: bool


def info(findings: Findings) -> Info:
    """Costs from the plan and from the measurements, perplexities from the trials."""
    of = findings.journal.study.spec.match.of
    noun = "cells" if of == "cell" else "whole model"
    judged = [v for v in findings.verdicts.values() if v.sample.losses]
    parameters = [_point(v, float(counted(v.variant, of)[0])) for v in judged]
    flops = [_point(v, float(counted(v.variant, of)[1])) for v in judged]
    fronts = [
        _front("pareto_parameters", f"parameters of the {noun}", parameters),
        _front("pareto_flops", f"FLOPs of the {noun}, forward, per token", flops),
    ]
    timed = _timed(findings, judged)
    if timed:
        fronts.append(_front("pareto_time", "measured µs per token, training", timed))
    return Info(tuple(f for f in fronts if f.points), _costs(findings), bool(timed))


def draw(info: Info) -> Sequence[Block]:
    """A figure for each kind of cost, then all costs as a table."""
    blocks: list[Block] = []
    if not info.measured:
        blocks.append(Paragraph("Time was not measured in this study; counted costs are shown."))
    if info.fronts:
        drawn = [_figure(front) for front in info.fronts]
        caption = _caption(info, any(left_out for _, left_out in drawn))
        blocks.append(Gallery([figure for figure, _ in drawn], caption, "large"))
    return [*blocks, Fold("All costs", [_table(info.costs)])]


def _point(verdict: Verdict, cost: float, quartiles: Interval | None = None) -> Point:
    losses = np.array(list(verdict.sample.losses.values()))
    return Point(
        name=verdict.variant.name,
        role=drawing.role(verdict.kind),
        cost=cost,
        quartiles=quartiles,
        seeds=tuple(np.exp(losses).tolist()),
        numbers=tuple(verdict.sample.losses),
        perplexity=math.exp(losses.mean()),
        stable=not verdict.sample.diverged and verdict.kind is not Class.UNSTABLE,
    )


def _timed(findings: Findings, judged: Sequence[Verdict]) -> list[Point]:
    by_name = {bench.variant: bench for bench in findings.journal.benches}
    return [
        _point(v, bench.us_per_token_training, Interval(bench.us_low, bench.us_high))
        for v in judged
        if (bench := by_name.get(v.variant.name))
    ]


def _front(name: str, axis: str, points: Sequence[Point]) -> Front:
    """Nobody on the front has a rival that costs no more and is better."""
    best, front = math.inf, []
    for point in sorted(points, key=lambda p: (p.cost, p.perplexity)):
        if point.stable and point.perplexity < best:
            best = point.perplexity
            front.append(point)
    return Front(name, axis, tuple(points), tuple(front))


def _figure(front: Front) -> tuple[Figure, int]:
    """The figure, and how many points there have no name."""
    with drawing.style():
        figure, ax = drawing.axes(4.3, 3.8)
        _step(ax, front)
        crowd = drawing.crowded(sum(len(p.seeds) for p in front.points))
        for point in front.points:
            _draw_point(ax, point, front.axis, crowd)
        _axes(ax, front)
        left_out = labels.place(ax, [_label(point) for point in _by_weight(front)])
    said = ", ".join(f"{p.name} {p.perplexity:.3g}" for p in front.front)
    seen = f"Test perplexity against {front.axis}; on the front: {said}"
    return Figure(front.name, seen, figure), left_out


def _by_weight(front: Front) -> list[Point]:
    """Those on the front and the base first, the others from the top down."""
    first = {point.name for point in front.front} | {BASE}
    return sorted(front.points, key=lambda p: (p.name not in first, -p.perplexity))


def _step(ax: Axes, front: Front) -> None:
    if not front.front:
        return
    x, y = [p.cost for p in front.front], [p.perplexity for p in front.front]
    # A staircase from the upper edge to the right one: whatever lies above it is dominated.
    x, y = [x[0], *x, 10 * x[-1]], [10 * y[0], *y, y[-1]]
    ax.step(x, y, where="post", color=drawing.MUTED, linewidth=1.1, linestyle="--", zorder=1)


def _draw_point(ax: Axes, point: Point, axis: str, crowd: bool) -> None:
    colour = drawing.ROLES[point.role]
    dots = ax.scatter(
        np.full(len(point.seeds), point.cost),
        point.seeds,
        s=6 if crowd else 12,
        color=colour,
        alpha=0.3 if crowd else 0.6,
        linewidths=0,
        rasterized=crowd,
        zorder=2,
    )
    named = zip(point.numbers, point.seeds, strict=True)
    hover.tell(dots, [f"{point.name}, seed {k}: {words.decimal(seed, 3)}" for k, seed in named])
    if point.quartiles:
        ax.plot(point.quartiles, [point.perplexity] * 2, color=colour, linewidth=1.2, zorder=2)
    face = colour if point.stable else drawing.PAPER
    (mean,) = ax.plot(point.cost, point.perplexity, "o", color=colour, mfc=face, ms=7, zorder=3)
    said = f"{point.name}: {words.decimal(point.perplexity, 3)}, {axis}: {_number(point.cost)}"
    hover.tell(mean, [said])


def _label(point: Point) -> labels.Label:
    low, high = point.quartiles or (point.cost, point.cost)
    return labels.Label(point.name, point.cost, point.perplexity, low, high)


def _axes(ax: Axes, front: Front) -> None:
    costs = [p.cost for p in front.points] + [e for p in front.points for e in p.quartiles or ()]
    # Never narrower than ±10%, or costs that were matched would look far apart.
    middle = (min(costs) + max(costs)) / 2
    half = max(0.62 * (max(costs) - min(costs)), 0.1 * middle)
    ax.set_xlim(middle - half, middle + half)
    ax.xaxis.set_major_formatter(EngFormatter(sep=""))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.set_yscale("log")
    ax.set_ylim(*_heights(front))
    ax.yaxis.set_major_locator(MaxNLocator(6))
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel(front.axis)
    ax.set_ylabel("test perplexity")


def _heights(front: Front) -> tuple[float, float]:
    """Every seed, with a little room above and below."""
    perplexities = [seed for point in front.points for seed in point.seeds]
    low, high = min(perplexities), max(perplexities)
    room = max((high / low) ** 0.07, 1.001)
    return low / room, high * room


def _caption(info: Info, unnamed: bool) -> str:
    said = (
        "Large: perplexity of the mean loss of the seeds that are done; small: each of them. "
        "Axes do not begin at 0; perplexity is on a log scale. Dashed: the front, "
        "which is of estimates; the verdicts say which differences are real. Hollow: seeds "
        "diverged, survivors shown, never on a front. Lower and further left is better."
    )
    if unnamed:
        said += " Points that stand too close have no name; a pointer on them tells it."
    if info.measured:
        said += " Time: median, line from lower to upper quartile of the rounds."
    if drawing.crowded(max((sum(len(p.seeds) for p in f.points) for f in info.fronts), default=0)):
        said += " The seeds are drawn as an image; all are there."
    return said


def _costs(findings: Findings) -> pd.DataFrame:
    by_name = {bench.variant: bench for bench in findings.journal.benches}
    rows = []
    for verdict in findings.verdicts.values():
        v, bench = verdict.variant, by_name.get(verdict.variant.name)
        rows.append(
            {
                "variant": v.name,
                "hidden": v.hidden,
                **{f"cells_{name}": value for name, value in v.cell_cost.model_dump().items()},
                "model_parameters": v.model_parameters,
                "model_flops_forward": v.model_flops_forward,
                "us_per_token_training": bench.us_per_token_training if bench else None,
                "us_per_token_forward": bench.us_per_token_forward if bench else None,
                "time_ratio_to_base": bench.ratio_to_base if bench else None,
            }
        )
    return pd.DataFrame(rows)


_HEADINGS = (
    ("hidden", "H", "width"),
    ("cells_parameters", "Parameters", "cells"),
    ("cells_flops_forward", "FLOPs", "cells, forward"),
    ("cells_flops_training", "FLOPs", "cells, training"),
    ("cells_elementwise", "Elementwise", "operations"),
    ("cells_state_size", "State", "numbers"),
    ("cells_sequential_depth", "Depth", "products in a row"),
    ("model_parameters", "Parameters", "whole model"),
    ("model_flops_forward", "FLOPs", "model, forward"),
    ("us_per_token_training", "µs", "training"),
    ("us_per_token_forward", "µs", "forward"),
    ("time_ratio_to_base", "Time", "× base"),
)


def _table(costs: pd.DataFrame) -> Table:
    return Table(
        name="costs",
        caption="Counted and measured cost, per token",
        columns=[Column("Variant", numeric=False), *(Column(h, n) for _, h, n in _HEADINGS)],
        rows=[_cost_row(record) for record in frames.records(costs)],
        data=costs,
    )


def _cost_row(record: dict[str, Any]) -> list[str]:
    return [str(record["variant"]), *(_number(record[name]) for name, _, _ in _HEADINGS)]


def _number(value: object) -> str:
    if not isinstance(value, int | float) or pd.isna(value):
        return words.MISSING
    return words.whole(value) if isinstance(value, int) else words.significant(value)
