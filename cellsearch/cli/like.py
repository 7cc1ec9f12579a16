"""`cellsearch cells --like`: which cells of the library a cell is, or is nearly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellsearch.cli import say

if TYPE_CHECKING:
    from cellsearch.derive.likeness import Likeness, Nearby
    from cellsearch.ir import Cell


def print_likeness(cell: Cell, json: bool) -> None:
    """Print the cells of the library that equal a cell, and those that are one equation away."""
    from cellsearch import lang
    from cellsearch.derive.likeness import Collection, nearby

    # A cell that was named is not told that it equals itself.
    library = Collection({n: c for n, c in lang.library().items() if c is not cell})
    equal, near = library.equals(cell), nearby(cell, library)
    if json:
        say.as_json({"equal": _equal_as_json(equal), "nearby": _nearby_as_json(near)})
    else:
        _print_equal(equal)
        _print_nearby(cell, near)


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


def _print_nearby(cell: Cell, found: list[Nearby]) -> None:
    for heading, edited in (
        (f"With one line, {cell.name} becomes:", "given"),
        (f"With one line, these become {cell.name}:", "other"),
    ):
        rows = [(n, f"{n.name} ({_words(n.grade)})") for n in found if n.edited == edited]
        if rows:
            say.line(f"\n{heading}")
        for n, name in rows:
            width = max(len(other) for _, other in rows)
            lines = " ".join(f'--with "{line}"' for line in n.edit)
            say.line(f"  {name:<{width}}  {lines}")


def _words(grade: str) -> str:
    return grade.replace("_", " ")
