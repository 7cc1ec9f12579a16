"""Which units a layer has: what is recorded is as wide as in the widest layer, and 0 beyond."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from cellsearch.ir import Graph
from cellsearch.ir.types import Type
from cellsearch.nn.rnn import RNN
from cellsearch.nn.sized import sized_layers
from cellsearch.recorded import Array

# By name [layers, units].
Own = Mapping[str, npt.NDArray[np.bool_]]


def own_units(cells: RNN) -> Own:
    """The units that each layer has, of what the cells record."""
    layers = sized_layers(
        cells.cell,
        cells.input_size,
        cells.hidden_size,
        layers=cells.num_layers,
        directions=len(cells.directions),
        bias=cells.bias,
    )
    own = {}
    for name in cells.record:
        shapes = [s.shape(_type(s.graph, name)) for s in layers for _ in cells.directions]
        own[name] = _within(shapes)
    return own


def only(own: npt.NDArray[np.bool_], values: Array) -> Array:
    """Values [..., layers, units]; NaN where a layer has no such unit."""
    found: Array = values if own.all() else np.where(own, values, np.nan)
    return found


def _type(graph: Graph, name: str) -> Type:
    states = {s.name: s.type for s in graph.states}
    return states[name] if name in states else graph.equations[name].type


def _within(shapes: list[tuple[int, ...]]) -> npt.NDArray[np.bool_]:
    found = np.zeros((len(shapes), *np.max(shapes, axis=0)), dtype=np.bool_)
    for layer, shape in zip(found, shapes, strict=True):
        layer[tuple(map(slice, shape))] = True
    return found.reshape(len(shapes), -1)
