"""The cells of the library, looked at once, to say which of them an ablation is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from cellsearch.derive.ablations.ablation import LIBRARY, Equal
from cellsearch.derive.ablations.looked_at import Looked
from cellsearch.derive.relations import DIFFERENT
from cellsearch.derive.relations.side import GRADES
from cellsearch.lang.library import library, load_cell

_ORDER = [g.name for g in GRADES]


@cache
def _known() -> Mapping[str, Looked]:
    return {name: Looked(load_cell(name)) for name in library()}


def known_as(looked: Looked, base: Looked) -> tuple[Equal, ...]:
    """The cells of the library that a cell is in the strongest grade in which it is any.

    Cells that the base is itself are left out.
    """
    grades = {name: looked.relation(other).grade for name, other in _known().items()}
    found = {name: g for name, g in grades.items() if g != DIFFERENT}
    best = min(found.values(), key=_ORDER.index, default="")
    same = [name for name, grade in found.items() if grade == best]
    return tuple(Equal(n, LIBRARY, best) for n in same if not _is(base, n))


def _is(base: Looked, name: str) -> bool:
    return base.relation(_known()[name]).grade == "identical"
