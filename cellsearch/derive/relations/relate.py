"""How two cells are related: in four grades, each with the map of the weights, each proved."""

from __future__ import annotations

from dataclasses import dataclass

from cellsearch.derive.normal.gauge import Grade
from cellsearch.derive.relations.maps import Map, weight_map
from cellsearch.derive.relations.proof import TOLERANCE, difference
from cellsearch.derive.relations.side import GRADES, Side
from cellsearch.errors import LanguageError
from cellsearch.ir import Cell, elaborate

DIFFERENT = "different"

# H and X of a proof: where a cell needs them equal, in blocks, or halved.
SIZES = ((6, 5), (6, 6), (12, 9), (12, 12), (24, 12), (12, 24), (24, 24))


@dataclass(frozen=True)
class Relation:
    """What two cells are to each other.

    Attributes:
        grade: `identical`, `mirror`, `other_start`, `other_parameters` or `different`.
        map: each weight of the second by weights of the first; empty where they are different.
    """

    grade: str
    map: Map


def relate(a: Cell, b: Cell) -> Relation:
    """The strongest relation of two cells that is claimed and proved.

    Raises:
        LanguageError: one of the two is no valid cell.
    """
    sides = _sides(a, b)
    if sides is None:
        return Relation(DIFFERENT, {})
    one, other, sizes = sides
    for grade in GRADES:
        if one.written(grade).text == other.written(grade).text:
            if _proved(one, other, grade, sizes):
                return Relation(grade.name, weight_map(one, other, grade))
    return Relation(DIFFERENT, {})


def _proved(a: Side, b: Side, grade: Grade, sizes: tuple[int, int]) -> bool:
    """Whether the claim holds in both directions."""
    pairs = ((a, b), (b, a))
    return all(difference(one, other, grade, sizes) < TOLERANCE for one, other in pairs)


def _sides(a: Cell, b: Cell) -> tuple[Side, Side, tuple[int, int]] | None:
    """The two cells at the first sizes that both can have; None: there are none."""
    refused: LanguageError | None = None
    for hidden, width in SIZES:
        try:
            graphs = [elaborate(c, {"H": hidden, "X": width}) for c in (a, b)]
            for g in graphs:
                known = g.sizes(dict.fromkeys(g.inputs, width), hidden)
                _ = [w.shape(known) for w in g.weights.values()]
            return Side(a, graphs[0]), Side(b, graphs[1]), (hidden, width)
        except LanguageError as e:
            refused = refused or e
    for c in (a, b):
        # What is wrong with one of them by itself is said.
        elaborate(c)
    return None
