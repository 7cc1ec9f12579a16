"""Proof that a cell is the mirror of another: some weights negated, the law of training the same.

Such a variant is a placebo. The claim is checked in float64 on random weights and inputs, under the
noise of training; a cell that differs anywhere fails at almost every one of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cellsearch.derive.relations.relate import check_sizes
from cellsearch.errors import LanguageError, nearest
from cellsearch.ir import Cell, Graph, Weight, elaborate
from cellsearch.ir.evaluate import evaluate, seeded
from cellsearch.ir.expressions import Call, Expression, Name, Negative, names
from cellsearch.ir.starts import source_weight
from cellsearch.ir.widths import substitute

# H and X: small ones, those that many heads can share, and where a cell needs them to differ.
SIZES = ((6, 6), (24, 24), (12, 24), (24, 12))
STEPS, TRIES = 5, 8
PLANE = (3, 3)
TOLERANCE = 1e-9


def prove_mirror(cell: Cell, of: Cell, negate: Sequence[str]) -> None:
    """Check that `cell` with the weights `negate` negated computes what `of` does.

    Raises:
        LanguageError: it does not, or an initial law is changed by the negation.
    """
    a, b, hidden, width = _fitting(cell, of)
    _check_weights(a, b, negate)
    rng = np.random.default_rng(0)
    for _ in range(TRIES):
        difference = _difference(cell, of, a, negate, (hidden, width), rng)
        if not difference < TOLERANCE:
            negated = ", ".join(negate)
            message = f"'{cell.name}' with {negated} negated is not '{of.name}'"
            raise LanguageError(f"{message}: outputs differ by {difference:.3g} in float64")


def _fitting(cell: Cell, of: Cell) -> tuple[Graph, Graph, int, int]:
    """The two graphs, and the first sizes that both can have."""
    refused: LanguageError | None = None
    for hidden, width in SIZES:
        try:
            graphs = [elaborate(c, {"H": hidden, "X": width}) for c in (cell, of)]
            for g in graphs:
                check_sizes(g, hidden, width)
            return graphs[0], graphs[1], hidden, width
        except LanguageError as e:
            refused = refused or e
    assert refused is not None
    raise refused


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
    if w.name in negate and not _symmetric(w.start):
        message = f"'{w.name}' cannot be negated: its start '{w.start}' is not symmetric around 0"
        raise LanguageError(message)


def _symmetric(start: Expression | None) -> bool:
    """Whether a law is its own mirror: the default, 0, normal, orthogonal, uniform(-a, a)."""
    match start:
        case None | Name(name="orthogonal") | Call(function="normal"):
            return True
        case Call(function="uniform", items=(Negative(operand=low), high)):
            return low == high
    return str(start) == "0"


def _difference(
    cell: Cell,
    of: Cell,
    graph: Graph,
    negate: Sequence[str],
    hidden_and_width: tuple[int, int],
    rng: np.random.Generator,
) -> float:
    hidden, width = hidden_and_width
    widths = graph.input_widths(width, hidden)
    sizes = graph.sizes(widths, hidden)
    weights = {n: rng.normal(size=w.shape(sizes)) for n, w in graph.weights.items()}
    mirrored = {n: -w if n in negate else w for n, w in weights.items()}
    plane = PLANE if any(n.op == "conv" for n in graph.nodes) else ()
    inputs = {n: rng.normal(size=(STEPS, x, *plane)) for n, x in widths.items()}
    masks = seeded(int(rng.integers(2**32)))
    ours, _ = evaluate(cell, mirrored, inputs, hidden, masks=masks)
    theirs, _ = evaluate(of, weights, inputs, hidden, masks=masks)
    return _largest(ours - theirs)


def _largest(a: NDArray[np.float64]) -> float:
    return float(np.max(np.abs(a)))
