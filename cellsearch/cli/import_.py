"""`cellsearch import`: a cell from another's format."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from cellsearch.cli import say
from cellsearch.errors import ConfigError, LanguageError

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
    from cellsearch.lang.foreign.names import legal

    is_code = _CODE.match(file) is not None
    text = file if is_code else _text(file)
    default = legal(format if is_code or file == "-" else Path(file).stem)
    try:
        cell = foreign.read(format, text, default if name is None else name)
    except LanguageError as error:
        where = "" if is_code else f"{_named(file)}: "
        raise LanguageError(f"{where}{error}") from None
    say.line(lang.print_cell(cell).rstrip())


def _text(file: str) -> str:
    """What a file, or what is piped in, holds."""
    if not file.strip():
        raise ConfigError("the code is empty; expected a file, - for what is piped in, or the code")
    text = _decoded(file)
    if not text.strip():
        raise ConfigError(f"{_named(file)} is empty")
    return text


def _named(file: str) -> str:
    return "what is piped in" if file == "-" else file


def _decoded(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is no UTF-8 text (byte {error.start})") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot read {file}: {getattr(error, 'strerror', error)}") from None
