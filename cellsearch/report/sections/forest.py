"""The forest plot: every variant's change, both intervals and every seed, against the margin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cellsearch.report.document import Block, Figure, Paragraph
from cellsearch.report.figures import drawing, hover, labels
from cellsearch.report.statistics import Interval, percent, percents
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.findings import Findings, Verdict
from cellsearch.report.verdicts.samples import BASE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Change against the base"
ABOUT = "every variant's intervals and every seed, against the margin"
ORDER = 20

# Beyond so many margins the axis is compressed, or one bad variant would hide all others. An
# interval that goes on beyond that, and beyond twice the farthest seed, is cut with an arrow.
WIDE = 12
TICKS = (1, 3, 10, 30, 100, 300, 1000, 3000, 10000)


class Line(NamedTuple):
    """One variant, in % of perplexity. Intervals are None where it was not tested.

    `numbers`: which seeds `seeds` are of.
    """

    name: str
    label: str
    role: str
    change: str
    mean: float | None
    alone: Interval | None
    together: Interval | None
    seeds: tuple[float, ...]
    numbers: tuple[int, ...]
    diverged: int


class Info(NamedTuple):
    """The lines in the order of the plan, and the margins in %."""

    lines: tuple[Line, ...]
    margin: Interval
    level: float


def info(findings: Findings) -> Info:
    """A line per variant; the base is the zero."""
    judged = [v for name, v in findings.verdicts.items() if name != BASE]
    margin = Interval(percent(-findings.rules.margin), percent(findings.rules.margin))
    return Info(tuple(line_of(verdict) for verdict in judged), margin, findings.rules.level)


def draw(info: Info) -> Sequence[Block]:
    """One figure, a line per variant."""
    if not info.lines:
        return []
    if not any(line.seeds for line in info.lines):
        return [Paragraph("No variant shares two finished seeds with the base: nothing to draw.")]
    with drawing.style():
        figure, ax = drawing.axes(5.2, 0.9 + 0.62 * len(info.lines))
        scale(ax, info)
        background(ax, info)
        for row, line in enumerate(info.lines):
            _draw_line(ax, len(info.lines) - 1 - row, line, info)
    return [Figure("forest", _words(info), figure, _caption(info))]


def line_of(verdict: Verdict) -> Line:
    """What is drawn of a verdict."""
    estimate = verdict.estimate
    shown = verdict.whole
    return Line(
        name=verdict.variant.name,
        label=words.label(verdict),
        role=drawing.role(verdict.kind),
        change=words.estimated(verdict),
        mean=percent(estimate.mean) if estimate else None,
        alone=percents(shown.pointwise) if shown else None,
        together=percents(shown.simultaneous) if shown else None,
        seeds=tuple(percent(d) for d in estimate.differences) if estimate else (),
        numbers=estimate.seeds if estimate else (),
        diverged=len(verdict.sample.diverged),
    )


def _far(info: Info) -> float:
    """How far from 0 intervals are drawn."""
    seeds = [abs(seed) for line in info.lines for seed in line.seeds]
    return max(WIDE * info.margin.high, 2 * max(seeds))


def _reach(info: Info) -> tuple[float, float]:
    """What must be seen: every seed, the margins, and intervals as far as they are drawn."""
    far, ends = _far(info), [*info.margin]
    for line in info.lines:
        ends += [*line.seeds, *(np.clip(line.together or (), -far, far))]
    return min(ends), max(ends)


def _compressed(info: Info) -> bool:
    return max(map(abs, _reach(info))) > WIDE * info.margin.high


def scale(ax: Axes, info: Info) -> None:
    """An axis on which all that must be seen is seen; compressed where one is far off."""
    low, high = _reach(info)
    if _compressed(info):
        width = 2 * info.margin.high
        ax.set_xscale("asinh", linear_width=width)
        left, right = (_ticks(end, low, high, width) for end in (-low, high))
        ax.set_xticks([*(-tick for tick in left), 0.0, *right])
        ax.set_xlim(1.25 * low, 1.25 * high)
    else:
        pad = 0.06 * (high - low)
        ax.set_xlim(low - pad, high + pad)
    ax.xaxis.set_major_formatter(lambda value, _: _tick(value))
    ax.set_ylim(-0.6, len(info.lines) - 0.3)
    ax.set_yticks([])
    ax.set_xlabel("change of test perplexity against the base  (left is better)")


def _ticks(end: float, low: float, high: float, width: float) -> list[float]:
    """Of `TICKS`, those up to `end` whose labels stand clear of each other."""
    room = 0.1 * (np.arcsinh(high / width) - np.arcsinh(low / width))
    kept = [0.0]
    for tick in TICKS:
        if tick <= end and np.arcsinh(tick / width) - np.arcsinh(kept[-1] / width) >= room:
            kept.append(float(tick))
    return kept[1:]


def _tick(value: float) -> str:
    return f"{value:+g}%".replace("-", words.MINUS) if value else "0"


def background(ax: Axes, info: Info) -> None:
    """The margin, and no change."""
    ax.axvspan(*info.margin, color=drawing.GRID, alpha=0.6, linewidth=0)
    ax.axvline(0, color=drawing.INK, linewidth=1)


def _draw_line(ax: Axes, y: int, line: Line, info: Info) -> None:
    _title(ax, y, line)
    draw_intervals(ax, y, line, info)
    _draw_seeds(ax, y, line, drawing.crowded(_points(info)))


def draw_intervals(ax: Axes, y: float, line: Line, info: Info) -> None:
    """Both intervals and the mean of one line."""
    colour = drawing.ROLES[line.role]
    if line.together and line.alone:
        far = _far(info)
        ax.plot(np.clip(line.together, -far, far), (y, y), color=colour, linewidth=1.2)
        for end, arrow in zip(line.together, "<>", strict=True):
            if abs(end) > far:
                ax.plot(np.clip(end, -far, far), y, arrow, color=colour, markersize=5)
            else:
                ax.plot((end, end), (y - 0.07, y + 0.07), color=colour, linewidth=1.2)
        alone = np.clip(line.alone, -far, far)
        ax.plot(alone, (y, y), color=colour, linewidth=4.5, solid_capstyle="butt")
    if line.mean is not None:
        face = colour if line.alone else drawing.PAPER
        (mean,) = ax.plot(line.mean, y, "D", color=colour, markerfacecolor=face, markersize=6.5)
        hover.tell(mean, [_told(line)])


def _points(info: Info) -> int:
    return sum(len(line.seeds) for line in info.lines)


def _title(ax: Axes, y: int, line: Line) -> None:
    """Name at the left, change and class at the right, above the interval."""
    at = ax.get_yaxis_transform()
    right = f"{line.change} · {line.label}"
    # The row has room for some 61 letters, of which a bold one takes a sixth more.
    name = labels.shorten(line.name, round((61 - len(right)) / 1.17))
    ax.text(0, y + 0.3, name, transform=at, va="center", fontweight="bold", fontsize=9.5)
    ax.text(1, y + 0.3, right, transform=at, va="center", ha="right", fontsize=9)


def _draw_seeds(ax: Axes, y: int, line: Line, crowded: bool) -> None:
    """Every seed, spread below the interval by the golden ratio so that none hides another."""
    order = np.arange(len(line.seeds)) * 0.6180339887 % 1
    dots = ax.scatter(
        line.seeds,
        y - 0.17 - 0.14 * order,
        s=4 if crowded else 14,
        color=drawing.ROLES[line.role],
        alpha=0.35 if crowded else 0.75,
        linewidths=0,
        rasterized=crowded,
    )
    named = zip(line.numbers, line.seeds, strict=True)
    hover.tell(dots, [f"{line.name}, seed {k}: {_percent(change)}" for k, change in named])


def _told(line: Line) -> str:
    if line.alone is None or line.together is None:
        return f"{line.name}: {line.change}, not tested"
    alone, together = (" to ".join(map(_percent, ends)) for ends in (line.alone, line.together))
    return f"{line.name}: {line.change}; 95% alone {alone}; simultaneous {together}"


def _percent(value: float) -> str:
    return f"{value:+.2f}%".replace("-", words.MINUS)


def _words(info: Info) -> str:
    each = "; ".join(f"{line.name} {line.change}, {line.label}" for line in info.lines)
    return f"Forest plot of the change of test perplexity against the base: {each}."


def _caption(info: Info) -> str:
    said = (
        "Diamond: mean. Thick line: 95% for the variant alone. Thin line: simultaneous "
        f"({100 * info.level:.2f}% each). Dots: every paired seed. Grey band: the margin. A hollow "
        "diamond is of survivors, or of a variant without a test."
    )
    if _compressed(info):
        said += f" The axis is compressed beyond ±{2 * info.margin.high:.0f}%."
    if any(max(map(abs, line.together or (0,))) > _far(info) for line in info.lines):
        said += " An arrow: the interval goes on."
    if drawing.crowded(_points(info)):
        said += " The seeds are drawn as an image; all are there."
    return said
