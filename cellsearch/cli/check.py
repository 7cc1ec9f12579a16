"""`cellsearch check`: whether a file holds cells, and what was inferred of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cellsearch.cli import say
from cellsearch.cli.asked import Json
from cellsearch.cli.group import FAILED
from cellsearch.cli.sizes import COMMON
from cellsearch.errors import ConfigError, LanguageError

if TYPE_CHECKING:
    from cellsearch.ir import Cell, Graph

# A space may have millions of members; so many are looked at.
_MEMBERS = 1000


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .cell file.")],
    json: Json = False,
) -> None:
    """Check the cells in a file: widths, weights and needs, or what is wrong.

    An error is said as FILE:LINE:COLUMN: message, with a caret under the
    place, and the exit code is 1.

    \b
    Example:
      cellsearch check my.cell
      cellsearch check my.cell --json
    """
    if not file.exists():
        raise ConfigError(f"{file}: no such file")
    if file.is_dir():
        raise ConfigError(f"{file} is a directory, expected a .cell file")
    try:
        found = [_checked(cell) for cell in _cells(file)]
    except LanguageError as error:
        if json:
            say.as_json({"file": str(file), "ok": False, "error": _placed(error)})
        else:
            say.note(_said(file, error))
        raise typer.Exit(FAILED) from None
    if json:
        say.as_json({"file": str(file), "ok": True, "cells": found})
    else:
        _print(found)


def _cells(file: Path) -> Iterator[Cell]:
    from cellsearch import lang

    yield from lang.read_cells(file).values()


def _checked(cell: Cell) -> dict[str, Any]:
    """What follows from a cell; of a space, how many cells it has and what its first one is."""
    from itertools import islice

    from cellsearch import lang
    from cellsearch.ir import elaborate

    # H and X matter only to a cell whose number of rounds depends on them.
    sizes = {"H": COMMON, "X": COMMON}
    is_space = lang.is_space(cell)
    members = list(islice(lang.members(cell), _MEMBERS)) if is_space else [cell]
    first, *_ = [elaborate(member, sizes) for member in members]
    choices = {"members": len(members), "more": len(members) == _MEMBERS} if is_space else {}
    return {"name": cell.name, **choices, **_inferred(first)}


def _inferred(graph: Graph) -> dict[str, Any]:
    return {
        "inputs": {name: str(type) for name, type in graph.inputs.items()},
        "states": {state.name: str(state.type) for state in graph.states},
        "output": str(graph.output.type),
        "weights": {name: str(weight.type) for name, weight in graph.weights.items()},
        "needs": [f"{a} = {b}" for a, b in graph.needs],
        "unread": graph.unread_inputs,
    }


def _print(found: list[dict[str, Any]]) -> None:
    for cell in found:
        say.line(f"{cell['name']}: ok{_members(cell)}")
        for part in ("inputs", "states", "weights"):
            sizes = ", ".join(f"{name}: {size}" for name, size in cell[part].items()) or "none"
            say.line(fill(sizes, 100, initial_indent=f"  {part:<8} ", subsequent_indent=" " * 11))
        say.line(f"  {'output':<8} {cell['output']}")
        if cell["needs"]:
            say.line(f"  {'needs':<8} {', '.join(cell['needs'])}")
        say.unread_inputs(cell["unread"])


def _members(cell: dict[str, Any]) -> str:
    if "members" not in cell:
        return ""
    count = f"the first {_MEMBERS:,}" if cell["more"] else f"all {cell['members']:,}"
    return f", a space; {count} of its cells were checked, the first is"


def _said(file: Path, error: LanguageError) -> str:
    """The error with the file's name, also where it has no place in it."""
    text = str(error)
    return text if str(file) in text else f"{file}: {text}"


def _placed(error: LanguageError) -> dict[str, Any]:
    at = error.position
    place = {"line": at.number, "column": at.column} if at else {"line": None, "column": None}
    return {"message": error.message, **place}
