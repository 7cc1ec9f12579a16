"""Gates: which share of the steps a unit's gate is nearly closed, or nearly open.

Saturation as Karpathy, Johnson & Fei-Fei 2015 (section 4.2) count it: below 0.1, above 0.9.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cellsearch.derive.ranges import Interval
from cellsearch.ir import Graph
from cellsearch.recorded import Array
from cellsearch.recordings.reading import WARMUP, Reading
from cellsearch.recordings.widths import only

CLOSED, OPEN = 0.1, 0.9
BINS = 20


def gate_names(graph: Graph, found: Mapping[str, Interval]) -> tuple[str, ...]:
    """The equations whose values stay between 0 and 1 and are no state's, by their ranges."""
    states = {graph.equations.get(f"{s.name}'") for s in graph.states}
    return tuple(
        name
        for name, node in graph.equations.items()
        if "'" not in name and node not in states and _is_share(found[name])
    )


def gates(reading: Reading, names: tuple[str, ...]) -> dict[str, Array]:
    """`left`, `right` and `mean` [layers, units], and `histogram` [layers, 20], of each gate.

    The first steps of each window are left out. A unit that a layer has not is NaN.

    Args:
        reading: with the gates recorded.
        names: the gates.
    """
    found: dict[str, Array] = {}
    for name in names:
        values, own = reading.values(name)[:, WARMUP:], reading.own(name)
        found[f"{name}/left"] = only(own, (values < CLOSED).mean((1, 2)))
        found[f"{name}/right"] = only(own, (values > OPEN).mean((1, 2)))
        found[f"{name}/mean"] = only(own, values.mean((1, 2)))
        layers = zip(values, own, strict=True)
        found[f"{name}/histogram"] = np.stack([_histogram(v[..., units]) for v, units in layers])
    return found


def _histogram(values: Array) -> Array:
    bins = np.clip(np.nan_to_num(values.ravel()) * BINS, 0, BINS - 1).astype(np.int64)
    return np.bincount(bins, minlength=BINS) / values.size


def _is_share(i: Interval) -> bool:
    return 0 <= i.low < i.high <= 1
