"""Units in a plane as rows: each pixel is a sequence of its channels."""

from __future__ import annotations

import math

from torch import Tensor

from cellsearch.derive.timing import FIXED, timing
from cellsearch.errors import CellsearchError
from cellsearch.ir import Graph

# These bring pixels together, so that a pixel is no row by itself.
_OVER_PIXELS = frozenset({"sum", "mean", "layernorm", "rmsnorm"})


class UnsupportedError(CellsearchError):
    """A cell that this backend cannot run."""


def require_pixels(graph: Graph) -> None:
    """A cell in a plane is compiled if filters alone bring its pixels together.

    Raises:
        UnsupportedError: naming what else does.
    """
    when = timing(graph)
    for n in graph.nodes:
        if n.op in _OVER_PIXELS or (n.op == "state" and not n.type.sizes):
            raise UnsupportedError(
                f"'{graph.name}' has units in a plane and '{n.op}' over all of them, which backend "
                "'cpu' does not compile"
            )
        if n.op == "matmul" and n.args[0].op == "conv" and when[id(n)] == FIXED:
            raise UnsupportedError(
                f"'{graph.name}' has a filter on weights, which backend 'cpu' does not compile"
            )


class Plane:
    """Height and width of the units; without, a unit is a number."""

    def __init__(self, space: tuple[int, ...]) -> None:
        self.space, self.area = space, math.prod(space)

    def pixels(self, x: Tensor) -> Tensor:
        """[rows, channels, height, width] as [rows * height * width, channels]."""
        if not self.space:
            return x
        return x.flatten(2).transpose(1, 2).flatten(0, 1).contiguous()

    def units(self, x: Tensor) -> Tensor:
        """The same, back."""
        if not self.space:
            return x
        planes = x.reshape(-1, self.area, x.shape[1]).transpose(1, 2)
        return planes.reshape(*planes.shape[:2], *self.space)
