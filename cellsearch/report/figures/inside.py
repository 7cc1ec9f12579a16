"""What was recorded inside the cells, for the sections that show it: of each variant one seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from cellsearch.report.figures import drawing
from cellsearch.report.verdicts import words

if TYPE_CHECKING:
    from cellsearch.recorded import Array
    from cellsearch.report.data.recordings import Recordings
    from cellsearch.report.verdicts.findings import Findings

    Rows = Iterator[Mapping[str, object]]


class Shown(NamedTuple):
    """The recordings of one variant that are drawn: those of its lowest recorded seed."""

    name: str
    role: str
    seed: int
    found: Recordings


def shown(findings: Findings) -> list[Shown]:
    """A line per variant that was recorded, in the order of the plan."""
    return [
        Shown(name, drawing.role(findings.verdicts[name].kind), *next(iter(by_seed.items())))
        for name, by_seed in findings.recordings.items()
    ]


def frame(findings: Findings, rows: Callable[[Recordings], Rows]) -> pd.DataFrame:
    """The rows of every recorded variant and seed, which stand in front."""
    return pd.DataFrame(
        {"variant": name, "seed": seed, **row}
        for name, by_seed in findings.recordings.items()
        for seed, found in by_seed.items()
        for row in rows(found)
    )


def when(found: Recordings, point: int) -> str:
    """A point of training in words."""
    tokens = found.points[point]
    if tokens == 0:
        return "before training"
    return "after training" if tokens == found.tokens else f"after {words.whole(tokens)} tokens"


def of_seeds(lines: Sequence[Shown]) -> str:
    """Which seeds are drawn, and which trials ended before the end of training."""
    seeds = sorted({line.seed for line in lines})
    which = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {words.listed([*map(str, seeds)])}"
    early = [
        f"; of {line.name} the last is {when(line.found, -1)}"
        for line in lines
        if line.found.points and line.found.points[-1] != line.found.tokens
    ]
    return which + "".join(early)


def number(value: float, digits: int = 2) -> str:
    """A recorded number as it is read; what is none is missing."""
    if not np.isfinite(value):
        return words.MISSING
    return words.significant(float(value), digits)


def mean(values: Array) -> float:
    """Over what is there; no number where nothing is."""
    there = values[np.isfinite(values)]
    return float(there.mean()) if there.size else np.nan


def percent(share: float) -> str:
    """A share: `12%`; what is no number is missing."""
    return f"{100 * share:.0f}%" if np.isfinite(share) else words.MISSING


def units(values: Array) -> Array:
    """All units of all layers side by side, [L, U] to [L · U]."""
    return values.reshape(-1)


def unit_name(k: int, values: Array) -> str:
    """The name of unit `k` of `units(values)`; the layer where there are several."""
    layer, unit = divmod(k, values.shape[1])
    return f"unit {unit}" if values.shape[0] == 1 else f"layer {layer}, unit {unit}"
