"""`cellsearch cells`: the library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cellsearch.cli import say
from cellsearch.cli.alone import edited
from cellsearch.cli.asked import Json
from cellsearch.cli.like import print_likeness
from cellsearch.cli.sizes import COMMON, sized
from cellsearch.errors import ConfigError

if TYPE_CHECKING:
    from cellsearch.ir import Cell


def cells(
    hidden: Annotated[int, typer.Option(min=1, help="H and X at which they are counted.")] = COMMON,
    like: Annotated[
        str | None,
        typer.Option(metavar="CELL", help="Those that equal this cell, or are one line from it."),
    ] = None,
    edits: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="LINE", help="An edit of that cell. May be repeated."),
    ] = None,
    json: Json = False,
    page: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Write cells.md, a page of them all, into this folder."),
    ] = None,
) -> None:
    """List the cells that come with cellsearch.

    \b
    Example:
      cellsearch cells
      cellsearch cells --hidden 256 --json
      cellsearch cells --page docs
      cellsearch cells --like my.cell
      cellsearch cells --like lstm --with "f = 1 - i"
    """
    from cellsearch import lang

    if page is not None:
        _write_page(page)
        return
    if like is not None:
        print_likeness(edited(like, None), edits or (), json)
        return
    if edits:
        raise ConfigError("--with edits the cell of --like; expected --like CELL beside it")
    found = [lang.load_cell(name) for name in lang.names()]
    costs = {c.name: sized(c, [str(hidden)], hidden).cost for c in found}
    if json:
        say.as_json(
            [
                {"name": c.name, "doc": _doc(c), "hidden": hidden, **vars(costs[c.name])}
                for c in found
            ]
        )
        return
    rows = [[c.name, _doc(c), say.whole(costs[c.name].parameters)] for c in found]
    say.table(["cell", "what it is", f"parameters|H = X = {hidden}"], rows, text=2)
    say.line("Equations and cost of one: cellsearch show NAME")


def _write_page(folder: Path) -> None:
    """`cells.md`, and a drawing of each cell."""
    from cellsearch import lang, store
    from cellsearch.derive.diagram import svg
    from cellsearch.export.gallery import PICTURES, gallery

    found = lang.library()
    pictures = folder / PICTURES
    pictures.mkdir(parents=True, exist_ok=True)
    for name, cell in found.items():
        store.write_atomically(pictures / f"{name}.svg", svg(cell).encode())
    store.write_atomically(folder / "cells.md", gallery(found).encode())
    say.line(f"{folder / 'cells.md'}: {len(found)} cells")


def _doc(cell: Cell) -> str:
    """The first line of a cell's comment, without a full stop."""
    return cell.doc[0].removesuffix(".") if cell.doc else ""
