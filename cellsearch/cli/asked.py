"""What several commands ask for in the same words: a cell, edits, sizes, JSON."""

from __future__ import annotations

from typing import Annotated

import typer

CellArgument = Annotated[
    str, typer.Argument(metavar="CELL", help="A name (see `cells`), a .cell file, or a text.")
]
Edits = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="LINE", help="An edit or a rule (->). May be repeated."),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option("--input", metavar="X", help="Width of the input, or name=width for each."),
]
Hidden = Annotated[int, typer.Option(min=1, help="H, the width of the state.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
