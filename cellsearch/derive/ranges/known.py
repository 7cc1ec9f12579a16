"""What is given from outside: sizes, consts, and how large weights and inputs can be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from cellsearch.derive.ranges.interval import ALL, Interval, point
from cellsearch.ir import Graph
from cellsearch.ir.types import Type
from cellsearch.ir.widths import NeedsSizesError, number


@dataclass(frozen=True)
class Known:
    """See the module.

    Attributes:
        graph: the cell.
        sizes: H, X and the widths of further inputs; None: any.
        most: the absolute value of weights and inputs is no larger.
    """

    graph: Graph
    sizes: Mapping[str, int] | None = None
    most: float = math.inf

    @property
    def given(self) -> Interval:
        """The interval of a weight or an input."""
        return ALL if math.isinf(self.most) else Interval(-self.most, self.most)

    def name(self, n: str) -> Interval:
        """The interval of a const, of H or X, or of a weight."""
        if n in ("H", "X"):
            return point(self.sizes[n]) if self.sizes else Interval(1.0, math.inf, False, True)
        if n not in self.graph.consts:
            return self.given
        try:
            return point(number(self.graph.consts[n], self.sizes or {}))
        except NeedsSizesError:
            return ALL

    def units(self, t: Type) -> float | None:
        """How many units a value has; None where that depends on what is not given."""
        return None if self._has_planes else self.channels(t)

    def channels(self, t: Type) -> float | None:
        """The same, but one for each plane, where units are planes."""
        if self.sizes:
            return math.prod(s.at(self.sizes) for s in t.sizes)
        return math.prod(s.values[0] for s in t.sizes) if all(s.fixed for s in t.sizes) else None

    @cached_property
    def _has_planes(self) -> bool:
        return any(n.op == "conv" for n in self.graph.nodes)
