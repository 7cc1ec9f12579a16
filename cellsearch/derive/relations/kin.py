"""Which of many cells are related, and how."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import combinations

from cellsearch.derive.normal.gauge import OTHER_PARAMETERS
from cellsearch.derive.relations.relate import DIFFERENT, relate
from cellsearch.derive.relations.side import Side
from cellsearch.ir import Cell, elaborate


def kin(cells: Mapping[str, Cell]) -> dict[str, dict[str, str]]:
    """For each cell that has any, its relatives and their grades, each of them proved."""
    alike: dict[str, list[str]] = defaultdict(list)
    for name, cell in cells.items():
        # Whatever is equal in a stronger grade is so in the weakest one.
        alike[Side(cell, elaborate(cell)).written(OTHER_PARAMETERS).text].append(name)
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for names in alike.values():
        for one, other in combinations(names, 2):
            grade = relate(cells[one], cells[other]).grade
            if grade != DIFFERENT:
                found[one][other] = found[other][one] = grade
    return dict(found)
