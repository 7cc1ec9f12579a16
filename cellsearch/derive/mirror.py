"""Proof that a cell is the mirror of another: some weights negated, the law of training the same.

Such a variant is a placebo. The claim is checked in float64 on random weights and inputs, under the
noise of training; a cell that differs anywhere fails at almost every one of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cellsearch.derive.normal.laws import Laws
from cellsearch.derive.relations.fitting import Sizes, both_at
from cellsearch.derive.relations.proof import PLANE, STEPS, drawn
from cellsearch.errors import LanguageError, nearest
from cellsearch.ir import Cell, Graph, Weight
from cellsearch.ir.evaluate import evaluate, seeded
from cellsearch.ir.expressions import names
from cellsearch.ir.starts import source_weight
from cellsearch.ir.widths import substitute

TRIES = 8
TOLERANCE = 1e-9


def prove_mirror(cell: Cell, of: Cell, negate: Sequence[str]) -> None:
    """Check that `cell` with the weights `negate` negated computes what `of` does.

    Raises:
        LanguageError: it does not, or an initial law is changed by the negation.
    """
    a, b, sizes = both_at(cell, of)
    _check_weights(a, b, negate)
    rng = np.random.default_rng(0)
    for _ in range(TRIES):
        difference = _difference(cell, of, a, negate, sizes, rng)
        if not difference < TOLERANCE:
            negated = ", ".join(negate)
            message = f"'{cell.name}' with {negated} negated is not '{of.name}'"
            raise LanguageError(f"{message}: outputs differ by {difference:.3g} in float64")


def _check_weights(a: Graph, b: Graph, negate: Sequence[str]) -> None:
    for name in negate:
        if name not in a.weights:
            raise LanguageError(f"'{a.name}' has no weight '{name}'{nearest(name, a.weights)}")
    if set(a.weights) != set(b.weights):
        odd = sorted(set(a.weights) ^ set(b.weights))
        message = f"'{a.name}' and '{b.name}' have different weights: {', '.join(odd)}"
        raise LanguageError(message)
    for name, w in a.weights.items():
        if _law(w, a) != _law(b.weights[name], b):
            raise LanguageError(f"the weight '{name}' has another shape or start in the two cells")
        _check_start(w, a, negate)


def _law(w: Weight, graph: Graph) -> object:
    return w.type, w.form, w.start and substitute(w.start, graph.consts)


def _check_start(w: Weight, graph: Graph, negate: Sequence[str]) -> None:
    for n in names(w.start) if w.start is not None else ():
        source = source_weight(n, w.name, graph.weights)
        if source in negate:
            raise LanguageError(f"'{source}' cannot be negated: '{w.name}' starts from it")
    if w.name in negate and Laws(graph).of_weight(w.name).sign != 0:
        message = f"'{w.name}' cannot be negated: its start '{w.start}' is not symmetric around 0"
        raise LanguageError(message)


def _difference(
    cell: Cell,
    of: Cell,
    graph: Graph,
    negate: Sequence[str],
    sizes: Sizes,
    rng: np.random.Generator,
) -> float:
    hidden, width = sizes
    weights = drawn(graph, sizes, rng)
    mirrored = {n: -w if n in negate else w for n, w in weights.items()}
    plane = PLANE if any(n.op == "conv" for n in graph.nodes) else ()
    widths = graph.input_widths(width, hidden)
    inputs = {n: rng.normal(size=(STEPS, x, *plane)) for n, x in widths.items()}
    masks = seeded(int(rng.integers(2**32)))
    ours, _ = evaluate(cell, mirrored, inputs, hidden, masks=masks)
    theirs, _ = evaluate(of, weights, inputs, hidden, masks=masks)
    return _largest(ours - theirs)


def _largest(a: NDArray[np.float64]) -> float:
    return float(np.max(np.abs(a)))
