"""`cellsearch cells`: the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cellsearch.cli import say
from cellsearch.cli.sizes import COMMON, sized

if TYPE_CHECKING:
    from cellsearch.ir import Cell


def cells(
    hidden: Annotated[int, typer.Option(min=1, help="H and X at which they are counted.")] = COMMON,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the cells that come with cellsearch.

    \b
    Example:
      cellsearch cells
      cellsearch cells --hidden 256 --json
    """
    from cellsearch import lang

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


def _doc(cell: Cell) -> str:
    """The first line of a cell's comment, without a full stop."""
    return cell.doc[0].removesuffix(".") if cell.doc else ""
