"""Cells in the formats of others: ours to read and write, and those that other packages offer."""

from __future__ import annotations

import re

from cellsearch.errors import LanguageError
from cellsearch.ir import Cell
from cellsearch.ir.ops import RESERVED
from cellsearch.lang.foreign.base import Format
from cellsearch.lang.foreign.names import shown
from cellsearch.lang.tokens import LETTER
from cellsearch.registry import Registry

__all__ = ["Format", "names", "read", "write"]

_FORMATS = Registry(
    "format",
    "cellsearch.formats",
    {
        "darts": "cellsearch.lang.foreign.darts:Darts",
        "enas": "cellsearch.lang.foreign.enas:Enas",
        "nas-bench-nlp": "cellsearch.lang.foreign.nas_bench_nlp:NasBenchNlp",
    },
)
_NAME = re.compile(f"[{LETTER}][{LETTER}0-9_]*")
# Some thousand nodes. No published cell has a hundred.
MOST_CHARACTERS = 200_000


def names() -> tuple[str, ...]:
    """Every format that can be named."""
    return _FORMATS.names()


def read(format: str, text: str, name: str) -> Cell:
    """A cell from a text in another's format.

    Args:
        format: one of `names()`.
        text: what a file of that format holds.
        name: what the cell is to be called.

    Raises:
        ConfigError: there is no such format.
        LanguageError: the text is no cell of that format, or the name cannot be a cell's.
    """
    found = _find(format)
    if name in RESERVED or not _NAME.fullmatch(name):
        message = "expected letters, digits and _, a letter first, and no reserved word"
        raise LanguageError(f"'{shown(name)}' cannot be a cell's name; {message}")
    if len(text) > MOST_CHARACTERS:
        raise LanguageError(f"got {len(text)} characters, expected at most {MOST_CHARACTERS}")
    return found.read(text, name)


def write(format: str, cell: Cell) -> str:
    """A cell as a text in another's format, ending in a newline.

    Raises:
        ConfigError: there is no such format.
        LanguageError: the format cannot hold the cell; which equation it is.
    """
    return _find(format).write(cell)


def _find(format: str) -> Format:
    found: Format = _FORMATS.load_class(format, Format)()
    return found
