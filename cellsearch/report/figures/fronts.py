"""Perplexity against one kind of cost: who is on the front, and how that is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.ticker import EngFormatter, MaxNLocator, NullFormatter, NullLocator

from cellsearch.report.data.along import is_stable
from cellsearch.report.data.costs import Cost, Kind
from cellsearch.report.document import Figure
from cellsearch.report.figures import drawing, hover, labels
from cellsearch.report.statistics import Interval, noise_of, t_interval
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.findings import Verdict
from cellsearch.report.verdicts.samples import BASE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVEL = 0.95
# Of more points than these, all but the base and those on the front have a number for a name.
NAMED = 9
# How far points of one cost stand apart, as a share of the axis.
APART = 0.014


class Point(NamedTuple):
    """One variant at one cost: the perplexity of every seed that is done, and of their mean loss.

    `interval` is the 95% t interval over these seeds, for the variant alone; none with fewer than
    2, nor where a seed diverged or ended far off. Such a variant is not `stable`, and never on a
    front. `which` seeds these are; `number` counts in the order of the plan, the base is 0.
    """

    name: str
    number: int
    role: str
    cost: Cost
    seeds: tuple[float, ...]
    which: tuple[int, ...]
    perplexity: float
    interval: Interval | None
    stable: bool


class Front(NamedTuple):
    """One kind of cost: name of the file, axis, points, and who is on the front by rising cost."""

    name: str
    axis: str
    points: tuple[Point, ...]
    front: tuple[Point, ...]


def front(kind: Kind, judged: Sequence[Verdict]) -> Front:
    """Nobody on the front has a rival that costs no more and is better."""
    numbers = enumerate(judged)
    points = [
        _point(v, k, kind.of[v.variant.name]) for k, v in numbers if v.variant.name in kind.of
    ]
    best, undominated = math.inf, []
    for point in sorted(points, key=lambda p: (p.cost.value, p.perplexity)):
        if point.stable and point.perplexity < best:
            best = point.perplexity
            undominated.append(point)
    return Front(f"pareto_{kind.name}", kind.axis, tuple(points), tuple(undominated))


def figure(front: Front) -> tuple[Figure, int]:
    """One panel, and how many points there have neither name nor number."""
    with drawing.style():
        canvas, ax = drawing.axes(4.3, 3.8)
        _step(ax, front)
        crowd = crowded(front)
        _axes(ax, front)
        at = _beside(ax, front)
        for point, x in zip(front.points, at, strict=True):
            _draw_point(ax, point, x, front.axis, crowd)
        each = zip(front.points, _names(front), at, strict=True)
        written = [(point, _label(point, name, x)) for point, name, x in each]
        left_out = labels.place(ax, [label for _, label in sorted(written, key=_weight(front))])
    said = ", ".join(f"{p.name} {p.perplexity:.3g}" for p in front.front)
    seen = f"Test perplexity against {front.axis}; on the front: {said}"
    return Figure(front.name, seen, canvas), left_out


def numbered(fronts: Sequence[Front]) -> list[str]:
    """The points that bear a number on some front, `3 name`, by number."""
    pairs = (z for f in fronts for z in zip(_names(f), (p.name for p in f.points), strict=True))
    found = {int(shown): name for shown, name in pairs if shown != name}
    return [f"{number} {found[number]}" for number in sorted(found)]


def crowded(front: Front) -> bool:
    """Whether the seeds are drawn as an image."""
    return drawing.crowded(sum(len(p.seeds) for p in front.points))


def _point(verdict: Verdict, number: int, cost: Cost) -> Point:
    losses = np.array(list(verdict.sample.losses.values()))
    stable = is_stable(verdict)
    return Point(
        name=verdict.variant.name,
        number=number,
        role=drawing.role(verdict.kind),
        cost=cost,
        seeds=tuple(np.exp(losses).tolist()),
        which=tuple(verdict.sample.losses),
        perplexity=math.exp(losses.mean()),
        interval=_interval(losses) if stable and len(losses) > 1 else None,
        stable=stable,
    )


def _interval(losses: np.ndarray) -> Interval:
    low, high = t_interval(float(losses.mean()), noise_of(losses), LEVEL)
    return Interval(math.exp(low), math.exp(min(high, 700.0)))


def _step(ax: Axes, front: Front) -> None:
    if not front.front:
        return
    x, y = [p.cost.value for p in front.front], [p.perplexity for p in front.front]
    # A staircase from the upper edge to the right one: whatever lies above it is dominated.
    x, y = [x[0], *x, 10 * x[-1]], [10 * y[0], *y, y[-1]]
    ax.step(x, y, where="post", color=drawing.MUTED, linewidth=1.1, linestyle="--", zorder=1)


def _names(front: Front) -> list[str]:
    """What is written beside each point: its name, or its number in the order of the plan."""
    few = len(front.points) <= NAMED
    named = {BASE, *(p.name for p in (front.points if few else front.front))}
    return [p.name if p.name in named else str(p.number) for p in front.points]


def _weight(front: Front) -> Callable[[tuple[Point, labels.Label]], tuple[bool, float]]:
    """Those on the front and the base first, the others from the top down."""
    first = {point.name for point in front.front} | {BASE}
    return lambda pair: (pair[0].name not in first, -pair[0].perplexity)


def _beside(ax: Axes, front: Front) -> list[float]:
    """Where each point stands: at its cost, or to the right of better ones that cost as much."""
    groups: dict[float, list[int]] = {}
    for k in sorted(range(len(front.points)), key=lambda k: front.points[k].perplexity):
        groups.setdefault(front.points[k].cost.value, []).append(k)
    low, high = ax.get_xlim()
    at = [p.cost.value for p in front.points]
    for cost, members in groups.items():
        step = min(APART * (high - low), (high - cost) / (len(members) + 1))
        for place, k in enumerate(members):
            at[k] += step * place
    return at


def _draw_point(ax: Axes, point: Point, x: float, axis: str, crowd: bool) -> None:
    colour, cost = drawing.ROLES[point.role], point.cost
    dots = ax.scatter(
        np.full(len(point.seeds), x),
        point.seeds,
        s=6 if crowd else 12,
        color=colour,
        alpha=0.3 if crowd else 0.6,
        linewidths=0,
        rasterized=crowd,
        zorder=2,
    )
    named = zip(point.which, point.seeds, strict=True)
    hover.tell(dots, [f"{point.name}, seed {k}: {words.decimal(seed, 3)}" for k, seed in named])
    if cost.quartiles:
        ax.plot(cost.quartiles, [point.perplexity] * 2, color=colour, linewidth=1.2, zorder=2)
    if point.interval:
        ax.plot([x] * 2, point.interval, color=colour, linewidth=1.2, zorder=2)
    face = colour if point.stable else drawing.PAPER
    (mean,) = ax.plot(x, point.perplexity, "o", color=colour, mfc=face, ms=7, zorder=3)
    shown = words.whole(cost.value) if cost.quartiles is None else words.significant(cost.value)
    hover.tell(mean, [f"{point.name}: {words.decimal(point.perplexity, 3)}, {axis}: {shown}"])


def _label(point: Point, name: str, x: float) -> labels.Label:
    low, high = point.cost.quartiles or (x, x)
    return labels.Label(name, x, point.perplexity, low, high)


def _axes(ax: Axes, front: Front) -> None:
    ends = [e for p in front.points for e in (p.cost.value, *(p.cost.quartiles or ()))]
    # Never narrower than ±10%, or costs that were matched would look far apart.
    middle = (min(ends) + max(ends)) / 2
    half = max(0.62 * (max(ends) - min(ends)), 0.1 * middle) or 1.0
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
    """Every seed and every interval, as far as it is no longer than all seeds are apart."""
    seeds = [seed for point in front.points for seed in point.seeds]
    low, high = min(seeds), max(seeds)
    apart = max(high / low, 1.01)
    ends = [end for point in front.points for end in point.interval or ()]
    low, high = max(min(low, *ends, low), low / apart), min(max(high, *ends, high), high * apart)
    room = max((high / low) ** 0.07, 1.001)
    return low / room, high * room
