"""`cellsearch export`: a cell for other programs, and for papers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cellsearch.cli import say
from cellsearch.cli.alone import edited
from cellsearch.cli.asked import CellArgument, Edits, Hidden, Inputs
from cellsearch.cli.sizes import COMMON, widths_of
from cellsearch.errors import ConfigError

if TYPE_CHECKING:
    from cellsearch.export import Numbers


def export(
    cell: CellArgument,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="cell, darts, enas, latex, nas-bench-nlp, onnx, svg, torch; or a plugin's.",
        ),
    ],
    edits: Edits = None,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write this file; else it is printed.")
    ] = None,
    inputs: Inputs = None,
    hidden: Hidden = COMMON,
    weights: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Weights of an RNN (safetensors), for onnx.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Draws the weights if none are given.")] = 0,
) -> None:
    """Write a cell in another form: a torch module, an ONNX model, LaTeX, a drawing, its text.

    Only onnx has weights: those of --weights, under the names of
    RNN.state_dict(), or drawn by the cell's own laws. It has the sizes of
    --input and --hidden, and so has torch for a cell whose number of rounds
    depends on them.

    \b
    Example:
      cellsearch export lstm --to torch --out lstm.py
      cellsearch export gru --with "r = 1" --to latex
      cellsearch export lstm --to onnx --input 64 --hidden 128 --out lstm.onnx
    """
    from cellsearch import export as formats
    from cellsearch import store

    asked: list[bool] = []

    def numbers() -> Numbers:
        from cellsearch.cli.numbers import numbers_of

        asked.append(True)
        return numbers_of(shown, widths, hidden, weights, seed)

    shown = edited(cell, edits)
    widths = widths_of(shown, inputs or [])
    made = formats.export(shown, to, formats.Options(widths, hidden, numbers))
    if weights is not None and not asked:
        raise ConfigError(f"--weights {weights}: the format '{to}' holds no weights")
    if out is not None:
        store.write_atomically(out, made.encode() if isinstance(made, str) else made)
    elif isinstance(made, bytes):
        raise ConfigError(f"the format '{to}' is no text: say --out FILE")
    else:
        say.line(made.rstrip("\n"))
