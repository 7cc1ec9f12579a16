"""Units in a plane: channels x height x width, as cells with filters have them."""

from __future__ import annotations

from cellsearch.errors import LanguageError
from cellsearch.ir.graph import Graph

# Matrices that change from step to step, or are made of vectors.
_NOT_IN_PLANE = frozenset({"outer", "diag", "block", "scale_rows", "scale_columns"})


def has_filters(graph: Graph) -> bool:
    """Whether its units are channels of a plane."""
    return any(n.op == "conv" for n in graph.nodes)


def require_space(graph: Graph, space: tuple[int, ...]) -> None:
    """Filters need units that are channels x height x width, and few other operations take them.

    Raises:
        LanguageError: a cell with `conv` without a space, or one with matrix values in one.
    """
    if has_filters(graph) and not space:
        raise LanguageError(
            f"'{graph.name}' has filters (conv): input_size is (channels, height, width)"
        )
    for n in graph.nodes if space else ():
        if n.op in _NOT_IN_PLANE or (n.op == "state" and n.type.kind == "matrix"):
            message = f"'{graph.name}' has units in a plane, which '{n.op}' of {n.type} cannot have"
            raise LanguageError(message)
