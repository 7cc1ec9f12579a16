"""How two cells are related: in four grades, each with the map of the weights, each proved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cellsearch.derive.normal.gauge import Grade
from cellsearch.derive.relations.fitting import USUAL, Sizes, at, fitting
from cellsearch.derive.relations.maps import Map, weight_map
from cellsearch.derive.relations.proof import TOLERANCE, difference
from cellsearch.derive.relations.side import GRADES, Side
from cellsearch.errors import LanguageError
from cellsearch.ir import Cell, elaborate
from cellsearch.ir.widths import NeedsSizesError

DIFFERENT = "different"


@dataclass(frozen=True)
class Relation:
    """What two cells are to each other.

    Attributes:
        grade: `identical`, `mirror`, `other_start`, `other_parameters` or `different`.
        map: each weight of the second by weights of the first; empty where they are different.
    """

    grade: str
    map: Map


def relate(a: Cell, b: Cell, sizes: Sizes | None = None) -> Relation:
    """The strongest relation of two cells that is claimed and proved.

    It holds whatever H and X are. Cells whose number of rounds depends on them are compared at
    several sizes, and are what they are at all of these.

    Args:
        a: a cell.
        b: another one.
        sizes: H and X, which such cells are also compared at.

    Raises:
        LanguageError: one of the two is no valid cell.
    """
    found = [_strongest(*pair) for pair in sides(a, b, sizes)]
    return max(found, key=_weakness, default=Relation(DIFFERENT, {}))


def sides(a: Cell, b: Cell, sizes: Sizes | None = None) -> list[tuple[Side, Side, Sizes]]:
    """Two cells as they are compared, and sizes that both can have; empty if none were found.

    One pair, or one for each of several sizes. See `relate`.
    """
    try:
        one, other = elaborate(a), elaborate(b)
    except NeedsSizesError:
        return list(_at_each(a, b, USUAL if sizes is None else (sizes, *USUAL)))
    common = fitting(one, other)
    return [(Side(a, one), Side(b, other), common)] if common else []


def proved(a: Side, b: Side, grade: Grade, sizes: Sizes) -> bool:
    """Whether the claim holds in both directions."""
    pairs = ((a, b), (b, a))
    return all(difference(one, other, grade, sizes) < TOLERANCE for one, other in pairs)


def _strongest(one: Side, other: Side, sizes: Sizes) -> Relation:
    for grade in GRADES:
        alike = one.written(grade).text == other.written(grade).text
        if alike and proved(one, other, grade, sizes):
            return Relation(grade.name, weight_map(one, other, grade))
    return Relation(DIFFERENT, {})


def _at_each(a: Cell, b: Cell, all_sizes: Iterable[Sizes]) -> Iterator[tuple[Side, Side, Sizes]]:
    for sizes in all_sizes:
        try:
            yield Side(a, at(a, sizes)), Side(b, at(b, sizes)), sizes
        except LanguageError:
            continue


def _weakness(relation: Relation) -> int:
    return [*(grade.name for grade in GRADES), DIFFERENT].index(relation.grade)
