"""The change of every variant on every study, in one figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cellsearch.report.document import Block, Figure, Paragraph
from cellsearch.report.figures import drawing, labels
from cellsearch.report.sections import forest
from cellsearch.report.several.holding import Across
from cellsearch.report.several.studies import Study
from cellsearch.report.statistics import Interval, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# In inches: of a line, and of a variant's name above its lines.
LINE, NAME = 0.26, 0.42


def draw(studies: Sequence[Study], found: Sequence[Across]) -> list[Block]:
    """A block for each variant, a line in it for each study."""
    info = _info(studies, found)
    if not any(line.seeds for line in info.lines):
        return [Paragraph("No variant shares two finished seeds with the base: nothing to draw.")]
    height = len(found) * NAME + len(info.lines) * LINE
    with drawing.style():
        figure, ax = drawing.axes(7.2, 0.9 + height)
        forest.scale(ax, info)
        ax.set_ylim(0, height)
        forest.background(ax, info)
        _draw(ax, found, height, info)
    return [Figure("forest", _words(found), figure, _CAPTION)]


_CAPTION = (
    "A line for each study. Diamond: mean. Thick: 95% for the variant alone. Thin: simultaneous "
    "for the contrasts of that study. Colour: the verdict of that study. Grey band: the margin. A "
    "hollow diamond is of survivors, or without a test."
)


def _info(studies: Sequence[Study], found: Sequence[Across]) -> forest.Info:
    lines = [forest.line_of(v)._replace(name=name) for a in found for name, v in a.verdicts.items()]
    # The narrowest margin, where they differ.
    margin = min(s.findings.rules.margin for s in studies)
    band = Interval(percent(-margin), percent(margin))
    return forest.Info(tuple(lines), band, studies[0].findings.rules.level)


def _draw(ax: Axes, found: Sequence[Across], height: float, info: forest.Info) -> None:
    lines, y = iter(info.lines), height
    at = ax.get_yaxis_transform()
    for variant in found:
        y -= NAME
        ax.text(
            *(0, y + 0.13, variant.name), transform=at, va="center", fontweight="bold", fontsize=9.5
        )
        for _ in variant.verdicts:
            line = next(lines)
            y -= LINE
            forest.draw_intervals(ax, y + 0.13, line, info)
            name = labels.shorten(line.name, 24)
            ax.text(-0.02, y + 0.13, name, transform=at, va="center", ha="right", fontsize=8.5)
            said = f"{line.change} · {line.label}"
            ax.text(1.02, y + 0.13, said, transform=at, va="center", fontsize=8.5)


def _words(found: Sequence[Across]) -> str:
    each = "; ".join(
        f"{a.name}: " + ", ".join(f"{s} {forest.line_of(v).change}" for s, v in a.verdicts.items())
        for a in found
    )
    return f"Forest plot of the change of test perplexity on every study: {each}."
