"""Cells that are one equation away: an equation of one, put into the other, makes them equal.

Looked for where the two are written alike but for names: of the lines that both have, at most two
may be written differently. What is found is proved; what is built otherwise is missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cellsearch.derive.likeness.aligned import aligned
from cellsearch.derive.likeness.collection import Collection, texts
from cellsearch.derive.relations import DIFFERENT, relate
from cellsearch.errors import LanguageError
from cellsearch.ir import Cell
from cellsearch.ir.cell import Const, Equation, Init, Line, Param
from cellsearch.ir.expressions import names
from cellsearch.lang import edit_cell, print_line

# One that is replaced, and one that is the same in other words.
_MOST = 2


@dataclass(frozen=True)
class Nearby:
    """An edit that turns one of two cells into the other.

    Attributes:
        name: of the other cell.
        edit: lines of the language: the one that is put in, and declarations that it needs.
        edited: `given`, which becomes the other one, or `other`, which becomes the given one.
        grade: in which the two are equal then.
    """

    name: str
    edit: tuple[str, ...]
    edited: str
    grade: str


def nearby(cell: Cell, collection: Collection) -> list[Nearby]:
    """The cells that are one equation away from a cell, and not equal to it; each once.

    Raises:
        LanguageError: it is no valid cell.
    """
    own = texts(cell)
    found: list[Nearby] = []
    for name, other in collection.cells.items():
        theirs, goal = collection.texts[name], aligned(other, cell)
        if own & theirs or _apart(cell, goal) > _MOST:
            continue
        there = (Nearby(name, e, "given", g) for e, g in _edits(cell, goal, theirs))
        back = (Nearby(name, e, "other", g) for e, g in _edits(other, aligned(cell, other), own))
        found += [n for n in (next(there, None) or next(back, None),) if n is not None]
    return found


def _apart(a: Cell, b: Cell) -> int:
    """How many of the lines that two cells have are written differently."""
    ours, theirs = _lines(a), _lines(b)
    return sum(ours[k] != theirs[k] for k in ours.keys() & theirs.keys())


def _lines(cell: Cell) -> dict[str, Line]:
    """The lines by what they define."""
    lines = (line for line in cell.lines if not isinstance(line, Param))
    return {print_line(line).partition(" = ")[0]: line for line in lines}


def _edits(
    start: Cell, goal: Cell, wanted: frozenset[str]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """The edits of `start` that make it `goal`, each with the grade."""
    ours = _lines(start)
    for k, line in _lines(goal).items():
        if not isinstance(line, Equation | Const | Init) or line == ours.get(k):
            continue
        edit = (print_line(line), *_declarations(line, start, goal))
        edited = _edited(start, edit)
        grade = DIFFERENT if edited is None else _grade(edited, goal, wanted)
        if grade != DIFFERENT:
            yield edit, grade


def _edited(start: Cell, edit: tuple[str, ...]) -> Cell | None:
    """The cell under an edit; None: it is no edit of this cell, or leaves no other equation."""
    try:
        found = edit_cell(start, edit)
    except LanguageError:
        return None
    return found if _equations(found) > 1 or _equations(start) == 1 else None


def _grade(edited: Cell, goal: Cell, wanted: frozenset[str]) -> str:
    try:
        return relate(edited, goal).grade if wanted & texts(edited) else DIFFERENT
    except LanguageError:
        return DIFFERENT


def _equations(cell: Cell) -> int:
    return sum(isinstance(line, Equation) for line in cell.lines)


def _declarations(line: Equation | Const | Init, start: Cell, goal: Cell) -> Iterator[str]:
    """What `goal` declares of the names that its line reads, and `start` does not."""
    read = set(names(line.value))
    for other in goal.lines:
        declares = isinstance(other, Param | Const | Init) and other.name in read
        if declares and other != line and other not in start.lines:
            yield print_line(other)
