"""How two cells are related: in four grades, each with the map of the weights, each proved."""

from __future__ import annotations

from dataclasses import dataclass

from cellsearch.derive.normal.gauge import Grade
from cellsearch.derive.relations.maps import Map, weight_map
from cellsearch.derive.relations.proof import TOLERANCE, difference
from cellsearch.derive.relations.side import GRADES, Side
from cellsearch.errors import LanguageError
from cellsearch.ir import Cell, Graph, elaborate

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
    return Relation(DIFFERENT, {}) if sides is None else related(*sides)


def related(one: Side, other: Side, sizes: tuple[int, int]) -> Relation:
    """See `relate`.

    Args:
        one: the first cell.
        other: the second one.
        sizes: H and the width of every input, which both cells can have.
    """
    for grade in GRADES:
        if one.written(grade).text == other.written(grade).text:
            found = weight_map(one, other, grade)
            if _proved(one, other, grade, sizes):
                return Relation(grade.name, found)
    return Relation(DIFFERENT, {})


def _proved(a: Side, b: Side, grade: Grade, sizes: tuple[int, int]) -> bool:
    """Whether the claim holds in both directions."""
    for one, other in ((a, b), (b, a)):
        map = weight_map(one, other, grade)
        if not difference((one.cell, one.graph), (other.cell, other.graph), map, sizes) < TOLERANCE:
            return False
    return True


def _sides(a: Cell, b: Cell) -> tuple[Side, Side, tuple[int, int]] | None:
    """The two cells at the first sizes that both can have; None: there are none."""
    refused: LanguageError | None = None
    for hidden, width in SIZES:
        try:
            graphs = [elaborate(c, {"H": hidden, "X": width}) for c in (a, b)]
            for g in graphs:
                check_sizes(g, hidden, width)
            return Side(a, graphs[0]), Side(b, graphs[1]), (hidden, width)
        except LanguageError as e:
            refused = refused or e
    for c in (a, b):
        # What is wrong with one of them by itself is said.
        elaborate(c)
    return None


def check_sizes(graph: Graph, hidden: int, width: int) -> None:
    """Refuse sizes that a cell cannot have.

    Raises:
        LanguageError: saying which of its widths does not fit.
    """
    known = graph.sizes(dict.fromkeys(graph.inputs, width), hidden)
    for w in graph.weights.values():
        w.shape(known)
