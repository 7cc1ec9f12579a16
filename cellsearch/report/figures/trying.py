"""Figures of a tuning: what more settings would bring, and what the loss depended on."""

from __future__ import annotations

from itertools import accumulate
from math import exp
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from cellsearch.config import RangeConfig
from cellsearch.report.data.trying import Tried, expected_best, guessed, number
from cellsearch.report.document import Figure
from cellsearch.report.figures import drawing, hover, labels
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.samples import BASE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from cellsearch.config import TuneConfig
    from cellsearch.store import Journal

# The panels reach up to so many times the worst variant's end; above it stand those that guess.
TALLEST = 1.6


class Line(NamedTuple):
    """One variant: perplexities against how many settings were tried, or against a key."""

    name: str
    role: str
    x: tuple[float, ...]
    y: tuple[float, ...]


class Response(NamedTuple):
    """Perplexity of every trial against one key."""

    key: str
    log: bool
    lines: tuple[Line, ...]


def best(journal: Journal, one: Tried, role: str) -> Line:
    """The best of k settings: expected, or where each setting depends on the last ones, so far."""
    losses = guessed(journal, one)
    is_adaptive = journal.study.adaptive
    found = list(accumulate(losses, min)) if is_adaptive else expected_best(losses)
    steps = tuple(float(k) for k in range(1, len(found) + 1))
    return Line(one.variant, role, steps, tuple(exp(loss) for loss in found))


def responses(
    tune: TuneConfig, each: Mapping[str, Tried], roles: Mapping[str, str]
) -> list[Response]:
    """One for each key that has a range."""
    ranges = {key: said for key, said in tune.space.items() if isinstance(said, RangeConfig)}
    return [
        Response(key, said.log, tuple(_points(key, one, roles[one.variant]) for one in drawn))
        for key, said in ranges.items()
        if (drawn := [one for one in each.values() if one.losses and key in one.keys])
    ]


def best_figures(lines: Sequence[Line], what: str) -> list[Figure]:
    """A panel for each variant with the base behind it; all share their axes."""
    base = next((line for line in lines if line.name == BASE), None)
    low = min(min(line.y) for line in lines)
    high = min(max(max(line.y) for line in lines), TALLEST * max(line.y[-1] for line in lines))
    count = max(len(line.x) for line in lines)
    panels = [line for line in lines if line is not base] or lines
    return [_panel(line, base, what, count, (low, high)) for line in panels]


def response_figures(found: Sequence[Response]) -> list[Figure]:
    """A figure for each key, every trial of every variant a point."""
    return [_response(response) for response in found]


def _points(key: str, one: Tried, role: str) -> Line:
    points = sorted((number(one.setting(n)[key]), loss) for n, loss in one.losses.items())
    x, y = zip(*points, strict=True)
    return Line(one.variant, role, x, tuple(exp(loss) for loss in y))


def _panel(
    line: Line, base: Line | None, what: str, count: int, limits: tuple[float, float]
) -> Figure:
    with drawing.style():
        figure, ax = drawing.axes(3.7, 2.6)
        for drawn, width in [*([(base, 0.9)] if base else []), (line, 1.6)]:
            colour = drawing.ROLES[drawn.role]
            ax.plot(drawn.x, drawn.y, color=colour, linewidth=width, marker="o", markersize=3)
        ax.set_title(labels.shorten(line.name, 34))
        ax.set_xlim(0.5, count + 0.5)
        ax.set_ylim(limits[0] / 1.03, limits[1] * 1.03)
        ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        ax.set_xlabel("settings tried")
        _perplexity(ax, what)
    said = f"{what} of {line.name}: {line.y[0]:.3g} with 1 setting, {line.y[-1]:.3g} with {count}"
    return Figure(f"tuning_best_{drawing.file_name(line.name)}", said, figure)


def _response(found: Response) -> Figure:
    with drawing.style():
        figure, ax = drawing.axes(4.3, 3.4)
        for line in found.lines:
            size = 6 if line.name == BASE else 4
            colour = drawing.ROLES[line.role]
            dots = ax.scatter(line.x, line.y, s=size**2, color=colour, alpha=0.8, linewidths=0)
            hover.tell(dots, [_told(line, found.key, k) for k in range(len(line.x))])
        if found.log:
            ax.set_xscale("log")
            ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ax.xaxis.set_minor_locator(NullLocator())
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.set_xlabel(found.key)
        _perplexity(ax, "validation perplexity")
    said = f"Validation perplexity of every trial of the tuning against {found.key}"
    return Figure(f"tuning_{drawing.file_name(found.key)}", said, figure)


def _told(line: Line, key: str, k: int) -> str:
    return f"{line.name}: {words.decimal(line.y[k], 3)} at {words.key(key)} = {line.x[k]:g}"


def _perplexity(ax: Axes, what: str) -> None:
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.set_ylabel(what)
