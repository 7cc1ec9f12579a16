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
    pair = sides(a, b)
    return Relation(DIFFERENT, {}) if pair is None else related(*pair)


def related(one: Side, other: Side, sizes: tuple[int, int]) -> Relation:
    """See `relate`.

    Args:
        one: the first cell.
        other: the second one.
        sizes: H and X, which both cells can have.
    """
    for grade in GRADES:
        alike = one.written(grade).text == other.written(grade).text
        if alike and proved(one, other, grade, sizes):
            return Relation(grade.name, weight_map(one, other, grade))
    return Relation(DIFFERENT, {})


def proved(a: Side, b: Side, grade: Grade, sizes: tuple[int, int]) -> bool:
    """Whether the claim holds in both directions."""
    pairs = ((a, b), (b, a))
    return all(difference(one, other, grade, sizes) < TOLERANCE for one, other in pairs)


def sides(a: Cell, b: Cell) -> tuple[Side, Side, tuple[int, int]] | None:
    """The two cells at the first sizes that both can have; None: there are none.

    Raises:
        LanguageError: one of the two is valid at none of them.
    """
    for sizes in SIZES:
        try:
            return Side(a, _at(a, sizes)), Side(b, _at(b, sizes)), sizes
        except LanguageError:
            continue
    for cell in (a, b):
        _check(cell)
    return None


def _at(cell: Cell, sizes: tuple[int, int]) -> Graph:
    """The graph of a cell that can have these sizes."""
    hidden, width = sizes
    graph = elaborate(cell, {"H": hidden, "X": width})
    check_sizes(graph, hidden, width)
    return graph


def check_sizes(graph: Graph, hidden: int, width: int) -> None:
    """Refuse sizes that a cell cannot have.

    Raises:
        LanguageError: saying which of its widths does not fit.
    """
    known = graph.sizes(graph.input_widths(width, hidden), hidden)
    for w in graph.weights.values():
        w.shape(known)


def _check(cell: Cell) -> None:
    """What is wrong with a cell by itself is said."""
    refused: LanguageError | None = None
    for sizes in SIZES:
        try:
            _at(cell, sizes)
            return
        except LanguageError as error:
            refused = refused or error
    assert refused is not None
    raise refused
