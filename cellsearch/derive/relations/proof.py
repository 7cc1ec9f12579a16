"""Proof in float64 that two cells compute the same through a map of their weights.

Random weights and inputs, from each cell's own start, in evaluation and under the noise of
training. Cells that differ anywhere differ at almost every one of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cellsearch.derive.normal.gauge import Grade
from cellsearch.derive.relations.expressions import value
from cellsearch.derive.relations.maps import weight_map
from cellsearch.derive.relations.side import Side
from cellsearch.ir import Graph
from cellsearch.ir.evaluate import Masks, evaluate, seeded

Array = NDArray[np.float64]

STEPS, TRIES = 4, 3
PLANE = (3, 3)
TOLERANCE = 1e-10
# Weights small enough that little saturates, large enough that everything counts.
SPREAD = 0.4


def difference(a: Side, b: Side, grade: Grade, sizes: tuple[int, int]) -> float:
    """The largest relative difference of the outputs of two cells that a grade calls the same.

    Args:
        a: a cell.
        b: another one, which gets its weights from those of `a` by the map.
        grade: the one in which they are written alike.
        sizes: H and X.
    """
    return max(_apart(a, b, grade, sizes, seed) for seed in range(TRIES))


def _apart(a: Side, b: Side, grade: Grade, sizes: tuple[int, int], seed: int) -> float:
    rng = np.random.default_rng(seed)
    hidden, width = sizes
    weights, others = drawn(a.graph, sizes, rng), drawn(b.graph, sizes, rng)
    for name, e in weight_map(a, b, grade).items():
        others[name] = np.broadcast_to(value(e, weights, others[name]), others[name].shape)
    plane = PLANE if any(n.op == "conv" for n in a.graph.nodes) else ()
    widths = a.graph.input_widths(width, hidden).values()
    inputs = [rng.standard_normal((STEPS, x, *plane)) for x in widths]
    return max(
        _largest(
            _outputs(a, weights, inputs, hidden, None if calm else _masks(a, grade, seed)),
            _outputs(b, others, inputs, hidden, None if calm else _masks(b, grade, seed)),
        )
        for calm in _modes(a, b)
    )


def _modes(a: Side, b: Side) -> tuple[bool, ...]:
    """Evaluation, and training where there is noise."""
    noisy = any(n.op in ("dropout", "zoneout") for s in (a, b) for n in s.graph.nodes)
    return (True, False) if noisy else (True,)


def drawn(graph: Graph, sizes: tuple[int, int], rng: np.random.Generator) -> dict[str, Array]:
    """Random weights in their stored shapes."""
    hidden, width = sizes
    known = graph.sizes(graph.input_widths(width, hidden), hidden)
    return {n: SPREAD * rng.standard_normal(w.shape(known)) for n, w in graph.weights.items()}


def _masks(side: Side, grade: Grade, seed: int) -> Masks:
    """Masks that belong to the places of the canonical text, so that two cells share them."""
    number, all_of = side.written(grade).noise, seeded(seed)

    def of(call: int, step: int, shape: tuple[int, ...]) -> Array:
        # What the text does not have changes nothing, whatever is drawn for it.
        return all_of(number.get(call, 1_000 + call), step, shape)

    return of


def _outputs(
    side: Side,
    weights: Mapping[str, Array],
    inputs: list[Array],
    hidden: int,
    masks: Masks | None,
) -> Array:
    given = dict(zip(side.cell.inputs, inputs, strict=True))
    return evaluate(side.cell, weights, given, hidden, masks=masks)[0]


def _largest(a: Array, b: Array) -> float:
    """inf where only one of the two is a number, or none is, which proves nothing."""
    finite = np.isfinite(a)
    same = a.shape == b.shape and np.array_equal(a[~finite], b[~finite], equal_nan=True)
    if not (same and finite.any() and np.isfinite(b[finite]).all()):
        return float("inf")
    return float(np.max(np.abs(a[finite] - b[finite]) / (1 + np.abs(a[finite]))))
