"""Sizes at which a claim is proved: small ones that the cells can have."""

from __future__ import annotations

from collections.abc import Iterator

from cellsearch.errors import LanguageError
from cellsearch.ir import Cell, Graph, elaborate

# H and X.
Sizes = tuple[int, int]

# Enough for most cells: those that need two sizes equal, in blocks, or halved.
USUAL: tuple[Sizes, ...] = ((6, 5), (6, 6), (12, 9), (12, 12), (24, 12), (12, 24), (24, 24))
# For the others, all up to this one.
_LARGEST = 128


def fitting(*graphs: Graph) -> Sizes | None:
    """The first sizes that all these cells can have; None: none were found."""
    return next((s for s in _candidates() if not any(_refusal(g, s) for g in graphs)), None)


def at(cell: Cell, sizes: Sizes) -> Graph:
    """The graph of a cell at these sizes.

    Raises:
        LanguageError: it cannot have them.
    """
    hidden, width = sizes
    graph = elaborate(cell, {"H": hidden, "X": width})
    refused = _refusal(graph, sizes)
    if refused:
        raise refused
    return graph


def both_at(a: Cell, b: Cell) -> tuple[Graph, Graph, Sizes]:
    """Two cells at the first sizes that both can have.

    Raises:
        LanguageError: none were found; why the first ones do not fit.
    """
    refused: LanguageError | None = None
    for sizes in _candidates():
        try:
            return at(a, sizes), at(b, sizes), sizes
        except LanguageError as error:
            refused = refused or error
    assert refused is not None
    raise refused


def _candidates() -> Iterator[Sizes]:
    yield from USUAL
    for hidden in range(2, _LARGEST + 1):
        for width in (hidden + 1, hidden, 2 * hidden, 3 * hidden, 4 * hidden, hidden // 2):
            yield hidden, width


def _refusal(graph: Graph, sizes: Sizes) -> LanguageError | None:
    """Why a cell cannot have these sizes: widths that are to be equal, heads that share them."""
    hidden, width = sizes
    try:
        known = graph.sizes(graph.input_widths(width, hidden), hidden)
        for w in graph.weights.values():
            w.shape(known)
    except LanguageError as error:
        return error
    return None
