"""Proof in float64 that two cells compute the same through a map of their weights.

Random weights and inputs, from each cell's own start, in evaluation and under the noise of
training. Cells that differ anywhere differ at almost every one of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cellsearch.derive.relations.expressions import value
from cellsearch.derive.relations.maps import Map
from cellsearch.ir import Cell, Graph
from cellsearch.ir.evaluate import evaluate

Array = NDArray[np.float64]

STEPS, TRIES = 4, 3
PLANE = (3, 3)
TOLERANCE = 1e-9
# Weights small enough that nothing saturates, large enough that everything counts.
SPREAD = 0.4


def difference(
    a: tuple[Cell, Graph],
    b: tuple[Cell, Graph],
    map: Map,
    sizes: tuple[int, int],
) -> float:
    """The largest relative difference of the outputs of `a` and of `b` through the map.

    Args:
        a: a cell and its graph.
        b: another one.
        map: each weight of `b` by weights of `a`.
        sizes: H, and the width of every input.
    """
    return max((_apart(a, b, map, sizes, seed) for seed in range(TRIES)), default=0.0)


def _apart(
    a: tuple[Cell, Graph],
    b: tuple[Cell, Graph],
    map: Map,
    sizes: tuple[int, int],
    seed: int,
) -> float:
    rng = np.random.default_rng(seed)
    hidden, width = sizes
    weights = drawn(a[1], hidden, width, rng)
    plane = PLANE if any(n.op == "conv" for n in a[1].nodes) else ()
    inputs = [rng.standard_normal((STEPS, width, *plane)) for _ in a[1].inputs]
    shapes = drawn(b[1], hidden, width, rng)
    mapped = {
        n: np.broadcast_to(value(e, weights, shapes[n]), shapes[n].shape) for n, e in map.items()
    }
    ours = _outputs(a[0], weights, inputs, hidden)
    theirs = _outputs(b[0], mapped, inputs, hidden)
    return _largest(ours, theirs)


def drawn(graph: Graph, hidden: int, width: int, rng: np.random.Generator) -> dict[str, Array]:
    """Random weights in their stored shapes."""
    known = graph.sizes(dict.fromkeys(graph.inputs, width), hidden)
    return {n: SPREAD * rng.standard_normal(w.shape(known)) for n, w in graph.weights.items()}


def _outputs(cell: Cell, weights: Mapping[str, Array], inputs: list[Array], hidden: int) -> Array:
    given = dict(zip(cell.inputs, inputs, strict=True))
    return evaluate(cell, weights, given, hidden)[0]


def _largest(a: Array, b: Array) -> float:
    """inf where only one of the two is a number."""
    if a.shape != b.shape or not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return float("inf")
    finite = np.isfinite(a)
    apart = np.abs(a[finite] - b[finite]) / (1 + np.abs(a[finite]))
    return float(apart.max(initial=0.0))
