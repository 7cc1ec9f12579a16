"""`cellsearch import`: a cell from another's format."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from cellsearch.cli import say
from cellsearch.errors import ConfigError

# What is no file's name: JSON, a list, a genotype, an arc code.
_CODE = re.compile(r"\s*([\[{]|(\w+\s*=\s*)?Genotype\b|[0-9][0-9\s,]*$)")


def import_(
    format: Annotated[
        str, typer.Argument(metavar="FORMAT", help="darts, enas or nas-bench-nlp; or a plugin's.")
    ],
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A file, - for what is piped in, or the code.")
    ],
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The cell's name. Default: the file's.")
    ] = None,
) -> None:
    """Print a cell of another's format in this language.

    \b
    Example:
      cellsearch import enas "0 0 0 1 1 2 1" > my.cell
      cellsearch import nas-bench-nlp recipe.json --name mine
    """
    from cellsearch import lang
    from cellsearch.lang import foreign

    text, default = _text(format, file)
    cell = foreign.read(format, text, default if name is None else name)
    say.line(lang.print_cell(cell).rstrip())


def _text(format: str, file: str) -> tuple[str, str]:
    """What is to be read, and what its cell is called."""
    from cellsearch.lang.foreign.names import legal

    if file != "-" and _CODE.match(file):
        return file, legal(format)
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8-sig"), legal(format if file == "-" else Path(file).stem)
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is no UTF-8 text (byte {error.start})") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot read {file}: {getattr(error, 'strerror', error)}") from None
