"""A cell in the four grades, each worked out when it is first asked for."""

from __future__ import annotations

from functools import cached_property

from cellsearch.derive.normal.canonical import Canonical, canonical
from cellsearch.derive.normal.form import NormalForm
from cellsearch.derive.normal.gauge import (
    IDENTICAL,
    MIRROR,
    OTHER_PARAMETERS,
    OTHER_START,
    Grade,
)
from cellsearch.derive.normal.merging import Merge, merged
from cellsearch.derive.normal.read import normal_form
from cellsearch.ir import Cell, Graph

GRADES = (IDENTICAL, MIRROR, OTHER_START, OTHER_PARAMETERS)


class Side:
    """One of two cells that are compared."""

    def __init__(self, cell: Cell, graph: Graph) -> None:
        self.cell, self.graph = cell, graph
        self._written: dict[Grade, Canonical] = {}

    @cached_property
    def form(self) -> NormalForm:
        """The normal form."""
        return normal_form(self.graph)

    @cached_property
    def _merged(self) -> tuple[NormalForm, tuple[Merge, ...]]:
        return merged(self.form)

    def merges(self, grade: Grade) -> tuple[Merge, ...]:
        """What weights swallowed, in order, before the cell was written down in this grade."""
        return self._merged[1] if grade.scales else ()

    def written(self, grade: Grade) -> Canonical:
        """The cell in a grade."""
        if grade not in self._written:
            form = self._merged[0] if grade.scales else self.form
            self._written[grade] = canonical(form, grade)
        return self._written[grade]
