"""One cell at several sizes: perplexity along its cost, and read where parameters are equal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.ticker import EngFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from cellsearch.report.data import costs
from cellsearch.report.data.along import Reading, compared, is_stable
from cellsearch.report.document import (
    Block,
    Column,
    Figure,
    Gallery,
    Heading,
    Paragraph,
    Table,
)
from cellsearch.report.figures import drawing, labels
from cellsearch.report.sections.equal_cost import seeds
from cellsearch.report.several.studies import Study
from cellsearch.report.statistics import percent, percents
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.samples import BASE, Sample

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Size(NamedTuple):
    """A variant in one study: what it costs there, and its seeds."""

    cost: float
    sample: Sample
    stable: bool


# By variant, by rising cost.
Sizes = Mapping[str, Sequence[Size]]


def draw(studies: Sequence[Study]) -> list[Block]:
    """For each text that was learned at several sizes: curves, and a table at equal parameters."""
    blocks: list[Block] = []
    groups = [group for group in _groups(studies) if _differ(group)]
    for number, group in enumerate(groups, 1):
        blocks += [Heading(words.listed([s.name for s in group])), *_group(group, number)]
    return blocks


def sizes_of(group: Sequence[Study], kind: str) -> Sizes:
    """What each variant costs in these studies, for those that have it at two costs or more."""
    found: dict[str, list[Size]] = {}
    for study in group:
        cost = next((k.of for k in costs.kinds(study.findings) if k.name == kind), {})
        for name, verdict in study.findings.verdicts.items():
            if name in cost and verdict.sample.finished:
                found.setdefault(name, []).append(
                    Size(cost[name].value, verdict.sample, is_stable(verdict))
                )
    ordered = {name: sorted(sizes, key=lambda s: s.cost) for name, sizes in found.items()}
    return {name: each for name, each in ordered.items() if each[0].cost < each[-1].cost}


def at_equal(sizes: Sizes) -> tuple[float, list[Reading]] | None:
    """Every variant at the largest cost that lies within the sizes of all.

    Test losses are interpolated over ln(cost), seed by seed, between the two sizes beside it.

    Returns:
        None where the base is not there at two sizes, or no cost lies within all.
    """
    cost = min((each[-1].cost for each in sizes.values()), default=0.0)
    if BASE not in sizes or any(each[0].cost > cost for each in sizes.values()):
        return None
    read = [_read(name, each, cost) for name, each in sizes.items()]
    base = next(r for r in read if r.name == BASE)
    return cost, [r if r is base else compared(base, r) for r in read]


def _groups(studies: Sequence[Study]) -> list[list[Study]]:
    """Those that learned one text in the same way but for the width, counted alike."""
    found: dict[object, list[Study]] = {}
    for study in studies:
        spec, sha256 = study.journal.study.spec, study.journal.study.data_sha256
        size = {"hidden": 1, "embedding": None}
        same = (sha256, spec.train, spec.model.model_copy(update=size), spec.match.of)
        found.setdefault(same, []).append(study)
    return list(found.values())


def _differ(group: Sequence[Study]) -> bool:
    return BASE in sizes_of(group, "parameters")


def _group(group: Sequence[Study], number: int) -> list[Block]:
    axes = {k.name: k.axis for s in group for k in costs.kinds(s.findings)}
    curves = {kind: sizes_of(group, kind) for kind in ("parameters", "flops", "time")}
    figures = [
        _figure(f"sizes_{kind}_{number}", axes[kind], sizes)
        for kind, sizes in curves.items()
        if sizes
    ]
    return [Gallery(figures, _CAPTION, "large"), *_equal(curves["parameters"], number)]


_CAPTION = (
    "Test perplexity of each variant at its sizes; both axes are logarithmic. Black: the base. "
    "Hollow: seeds diverged or ended far off. A line joins sizes, and says nothing between them."
)


def _read(name: str, sizes: Sequence[Size], cost: float) -> Reading:
    right = next(k for k, size in enumerate(sizes) if size.cost >= cost)
    beside = sizes[right - 1 : right + 1] if sizes[right].cost > cost else sizes[right : right + 1]
    common = set.intersection(*(set(s.sample.losses) for s in beside))
    x = [math.log(s.cost) for s in beside]
    losses = {
        seed: float(np.interp(math.log(cost), x, [s.sample.losses[seed] for s in beside]))
        for seed in sorted(common)
    }
    diverged = len(set().union(*(s.sample.diverged for s in beside)))
    return Reading(name, cost, losses, diverged, all(s.stable for s in beside))


def _equal(sizes: Sizes, number: int) -> list[Block]:
    found = at_equal(sizes)
    if found is None:
        return [Paragraph("No number of parameters lies within the sizes of all variants.")]
    cost, readings = found
    table = Table(
        name=f"equal_parameters_{number}",
        caption=f"At {words.whole(cost)} parameters, interpolated between sizes",
        columns=_COLUMNS,
        rows=[_row(r, sizes[r.name]) for r in readings],
        data=pd.DataFrame([_record(r) for r in readings]),
    )
    return [table, Paragraph(_HOW)]


_HOW = (
    "Test loss is interpolated over the logarithm of the parameters in a straight line between the "
    "two sizes beside that number, seed by seed, at the largest number within the sizes of all. "
    "Intervals are 95% t intervals for one variant alone, of differences paired by seed, by the "
    "noise of the seeds. Nothing here is tested."
)
_COLUMNS = (
    Column("Variant", numeric=False),
    Column("Sizes", "parameters", numeric=False),
    Column("Perplexity", "test"),
    Column("Change"),
    Column("95%", "alone"),
    Column("Seeds"),
)


def _row(reading: Reading, sizes: Sequence[Size]) -> list[str]:
    shown = words.decimal(reading.perplexity, 3)
    return [
        reading.name,
        ", ".join(words.whole(size.cost) for size in sizes),
        shown if reading.stable or not reading.losses else f"[{shown}]",
        words.change(reading.change),
        words.interval(reading.interval),
        seeds(reading),
    ]


def _record(reading: Reading) -> dict[str, object]:
    low, high = percents(reading.interval) if reading.interval else (None, None)
    return {
        "variant": reading.name,
        "parameters": reading.at,
        "test_perplexity": reading.perplexity,
        "change_percent": None if reading.change is None else percent(reading.change),
        "interval_low_percent": low,
        "interval_high_percent": high,
        "seeds": len(reading.losses),
        "diverged": reading.diverged,
    }


def _figure(name: str, axis: str, sizes: Sizes) -> Figure:
    with drawing.style():
        canvas, ax = drawing.axes(4.3, 3.8)
        for variant, each in sizes.items():
            _line(ax, each, drawing.INK if variant == BASE else drawing.ROLES["inconclusive"])
        _axes(ax, axis)
        labels.place(ax, [_label(variant, each) for variant, each in sizes.items()])
    said = "; ".join(
        f"{variant} " + ", ".join(words.significant(s.sample.perplexity) for s in each)
        for variant, each in sizes.items()
    )
    return Figure(name, f"Test perplexity against {axis}, by rising size: {said}", canvas)


def _line(ax: Axes, sizes: Sequence[Size], colour: str) -> None:
    known = [(s.cost, s.sample.perplexity or 1.0, s.stable) for s in sizes if s.sample.losses]
    ax.plot([x for x, _, _ in known], [y for _, y, _ in known], color=colour, linewidth=1.2)
    for x, y, stable in known:
        face = colour if stable else drawing.PAPER
        ax.plot(x, y, "o", color=colour, markerfacecolor=face, markersize=5.5)


def _label(name: str, sizes: Sequence[Size]) -> labels.Label:
    last = next((s for s in reversed(sizes) if s.sample.losses), sizes[-1])
    return labels.Label(name, last.cost, last.sample.perplexity or 1.0, last.cost, last.cost)


def _axes(ax: Axes, axis: str) -> None:
    ax.set_xscale("log")
    ax.margins(x=0.25)
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(EngFormatter(sep=""))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(MaxNLocator(6))
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_xlabel(axis)
    ax.set_ylabel("test perplexity")
