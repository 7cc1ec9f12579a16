"""Counted cost of a cell: exact, from its graph."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from cellsearch.derive.timing import FIXED, remembers_inputs, timing
from cellsearch.ir import Graph, Node
from cellsearch.ir.build import UNITWISE
from cellsearch.ir.types import Type

# Operations a unit: mean, difference, square, mean, root, quotient; and without the mean.
_PER_UNIT = {
    "layernorm": 5,
    "rmsnorm": 4,
    "dropout": 1,
    "zoneout": 3,
    "outer": 1,
    "scale_rows": 1,
    "scale_columns": 1,
}


@dataclass(frozen=True)
class Cost:
    """What one token costs in one layer.

    Attributes:
        parameters: trained numbers.
        flops_forward: 2·m·n for each matrix product that runs at every step. What depends on
            weights alone is computed once a sequence and not counted; what reads an input is, also
            where one vector is given for the whole sequence.
        flops_training: three times that: forward, gradient of inputs, gradient of weights.
        elementwise: operations unit by unit at every step.
        state_size: numbers carried from step to step.
        sequential_depth: matrix products that must wait for each other within one step. A product
            that reads no state, or only what a delay remembers of inputs, waits for none.
    """

    parameters: int
    flops_forward: int
    flops_training: int
    elementwise: int
    state_size: int
    sequential_depth: int

    def __add__(self, other: Cost) -> Cost:
        """The cost of one layer upon another; their products wait for each other too."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Cost(*(a + b for a, b in pairs))


def count(
    graph: Graph, widths: Mapping[str, int], hidden: int, space: tuple[int, ...] = ()
) -> Cost:
    """The cost of a cell.

    Args:
        graph: the cell.
        widths: the width of each input, by its name.
        hidden: H.
        space: height and width of the units, for a cell with filters.

    Raises:
        LanguageError: the cell cannot have these sizes.
    """
    units = _Units(graph.sizes(widths, hidden), math.prod(space))
    when = timing(graph)
    running = [n for n in graph.nodes if when[id(n)] != FIXED]
    forward = sum(units.product(n) for n in running if n.op == "matmul")
    return Cost(
        parameters=sum(math.prod(w.shape(units.sizes)) for w in graph.weights.values()),
        flops_forward=forward,
        flops_training=3 * forward,
        elementwise=sum(map(units.operations, running)),
        state_size=sum(units.of(s.type) for s in graph.states),
        sequential_depth=_depth(graph),
    )


class _Units:
    """How many units values have at given sizes."""

    def __init__(self, sizes: Mapping[str, int], area: int) -> None:
        self.sizes, self._area = sizes, area
        self._known: dict[Type, int] = {}

    def of(self, t: Type) -> int:
        """The units of a value of this type."""
        known = self._known.get(t)
        if known is None:
            dims = [s.at(self.sizes) for s in t.sizes]
            known = self._known[t] = math.prod(dims) * (self._area if len(dims) == 1 else 1)
        return known

    def product(self, n: Node) -> int:
        """The operations of a matrix product."""
        a, b = n.args
        columns = b.type.sizes[1].at(self.sizes) if b.type.kind == "matrix" else 1
        flops = 2 * self.of(a.type) * columns * self._area
        if a.op == "block":
            return flops // int(a.attrs[0])
        return flops * int(a.attrs[0]) ** 2 if a.op == "conv" else flops

    def operations(self, n: Node) -> int:
        """The operations of a node that works unit by unit, or over the units."""
        if n.op in UNITWISE or n.op in _PER_UNIT:
            return self.of(n.type) * _PER_UNIT.get(n.op, 1)
        return self.of(n.args[0].type) if n.op in ("sum", "mean") else 0


def _depth(graph: Graph) -> int:
    past = remembers_inputs(graph)
    waits: dict[int, bool] = {}
    depth: dict[int, int] = {}
    for n in graph.nodes:
        waiting, below = n.op == "state" and n.attrs[0] not in past, 0
        for a in n.args:
            waiting = waiting or waits[id(a)]
            below = max(below, depth[id(a)])
        waits[id(n)] = waiting
        depth[id(n)] = below + (waiting and n.op == "matmul")
    return max(depth.values())
