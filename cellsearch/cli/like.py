"""`cellsearch cells --like`: which cells of the library a cell is, or is nearly."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from cellsearch.cli import say

if TYPE_CHECKING:
    from cellsearch.derive.likeness import Likeness, Nearby
    from cellsearch.ir import Cell


def print_likeness(base: Cell, edits: Sequence[str], json: bool) -> None:
    """Print the cells of the library that equal a cell, and those that are one equation away.

    Args:
        base: the cell before it is edited.
        edits: lines of the language.
        json: for programs.
    """
    from cellsearch import lang
    from cellsearch.derive.likeness import Collection, nearby

    cell = lang.edit_cell(base, edits) if edits else base
    # A cell that was named is not told that it equals itself.
    library = Collection({n: c for n, c in lang.library().items() if c is not cell})
    equal, near = library.equals(cell), nearby(cell, library)
    if json:
        say.as_json({"equal": _equal_as_json(equal), "nearby": _nearby_as_json(near)})
    else:
        _print_equal(equal)
        _print_nearby(base, edits, near)


def _lines(base: Cell, edits: Sequence[str], n: Nearby) -> Sequence[str]:
    """What is put after `show NAME`; nothing where no such lines were found.

    Where a line replaces an edited one, the edit may have to go; it may also stand in the way.
    """
    from cellsearch import lang
    from cellsearch.errors import LanguageError

    if n.edited == "other" or not edits:
        return n.edit
    goal = lang.edit_cell(lang.edit_cell(base, edits), n.edit)
    for lines in ([*edits, *n.edit], n.edit):
        with suppress(LanguageError):
            if lang.edit_cell(base, lines) == goal:
                return lines
    return ()


def _equal_as_json(found: list[Likeness]) -> list[dict[str, object]]:
    return [
        {"name": e.name, "relation": e.grade, "map": {w: str(x) for w, x in e.map.items()}}
        for e in found
    ]


def _nearby_as_json(found: list[Nearby]) -> list[dict[str, object]]:
    return [
        {"name": n.name, "relation": n.grade, "edited": n.edited, "edit": list(n.edit)}
        for n in found
    ]


def _print_equal(found: list[Likeness]) -> None:
    if not found:
        say.line("No other cell of the library was found to equal it.")
        return
    say.line("Equal to:")
    width = max(len(e.name) for e in found)
    for e in found:
        say.line(f"  {e.name:<{width}}  {_words(e.grade)}")


def _print_nearby(base: Cell, edits: Sequence[str], found: list[Nearby]) -> None:
    if not found:
        say.line("Of those set apart by two lines at most, but for names, none is one line away.")
    name = f"{base.name} with {', '.join(edits)}" if edits else base.name
    more = " more" if edits else ""
    for heading, edited in (
        (f"With one line{more}, {name} becomes:", "given"),
        (f"With one line, these become {name}:", "other"),
    ):
        pairs = ((n, _lines(base, edits, n)) for n in found if n.edited == edited)
        rows = [(f"{n.name} ({_words(n.grade)})", lines) for n, lines in pairs if lines]
        if rows:
            say.line(f"\n{heading}")
        for other, lines in rows:
            width = max(len(o) for o, _ in rows)
            written = " ".join(f'--with "{line}"' for line in lines)
            say.line(f"  {other:<{width}}  {written}")


def _words(grade: str) -> str:
    return grade.replace("_", " ")
