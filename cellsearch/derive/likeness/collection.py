"""Cells by their canonical texts, so that those that equal a given one are found at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cellsearch.derive.normal.gauge import OTHER_PARAMETERS, OTHER_START
from cellsearch.derive.relations import DIFFERENT, relate
from cellsearch.derive.relations.maps import Map
from cellsearch.derive.relations.side import Side
from cellsearch.ir import Cell, elaborate

# What is written alike in a stronger grade is written alike in the first of these.
_GRADES = (OTHER_START, OTHER_PARAMETERS)
# For a cell whose number of rounds depends on them.
_SIZES = {"H": 12, "X": 12}


@dataclass(frozen=True)
class Likeness:
    """A cell that equals the given one.

    Attributes:
        name: of the cell.
        grade: of `relations.relate`.
        map: each of its weights by weights of the given cell.
    """

    name: str
    grade: str
    map: Map


class Collection:
    """Cells, each written down when the collection is made.

    Args:
        cells: by name.

    Attributes:
        cells: the same.
        texts: of each.
    """

    def __init__(self, cells: Mapping[str, Cell]) -> None:
        self.cells = dict(cells)
        self.texts = {name: texts(cell) for name, cell in cells.items()}

    def equals(self, cell: Cell) -> list[Likeness]:
        """The cells that are proved to equal a cell in some grade, by name.

        Raises:
            LanguageError: it is no valid cell.
        """
        own = texts(cell)
        names = [n for n, others in self.texts.items() if own & others]
        found = [(n, relate(cell, self.cells[n])) for n in names]
        return [Likeness(n, r.grade, r.map) for n, r in found if r.grade != DIFFERENT]


def texts(cell: Cell) -> frozenset[str]:
    """Texts of which two cells that are related share at least one.

    Raises:
        LanguageError: it is no valid cell.
    """
    side = Side(cell, elaborate(cell, _SIZES))
    return frozenset(f"{grade.name}\n{side.written(grade).text}" for grade in _GRADES)
