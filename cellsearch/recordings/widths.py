"""Which units a layer has: what is recorded is as wide as in the widest layer, and 0 beyond."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from cellsearch.nn.rnn import RNN
from cellsearch.recorded import Array

# By name [layers, units].
Own = Mapping[str, npt.NDArray[np.bool_]]


def own_units(cells: RNN) -> Own:
    """The units that each layer has, of what the cells record."""
    return {name: _within(shapes) for name, shapes in cells.recorded_shapes.items()}


def only(own: npt.NDArray[np.bool_], values: Array) -> Array:
    """Values [..., layers, units]; NaN where a layer has no such unit."""
    found: Array = values if own.all() else np.where(own, values, np.nan)
    return found


def _within(shapes: Sequence[tuple[int, ...]]) -> npt.NDArray[np.bool_]:
    found = np.zeros((len(shapes), *np.max(shapes, axis=0)), dtype=np.bool_)
    for layer, shape in zip(found, shapes, strict=True):
        layer[tuple(map(slice, shape))] = True
    return found.reshape(len(shapes), -1)
