"""The library of cells, and how a name, a file or a text becomes a cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path

from cellsearch.errors import LanguageError, nearest
from cellsearch.ir.cell import Cell
from cellsearch.lang.cells import layered, parse_cells

# So much of an unknown name is shown.
_SHOWN = 100
_BASE = re.compile(r"^cell\s+\w+\s*=\s*(\w+)\s+with\b", re.MULTILINE)


class Library(Mapping[str, Cell]):
    """Cells in `.cell` files of one folder, each parsed when it is first asked for.

    A file's name is the name of the cell that it defines last.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = dict(texts)
        self._cells: dict[str, Cell] = {}

    def __getitem__(self, name: str) -> Cell:
        if name not in self._cells:
            self._cells[name] = self._parsed(name, ())
        return self._cells[name]

    def __contains__(self, name: object) -> bool:
        return name in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._texts))

    def __len__(self) -> int:
        return len(self._texts)

    def _parsed(self, name: str, path: tuple[str, ...]) -> Cell:
        text = self._texts[name]
        if name in path:
            circle = " -> ".join([*path[path.index(name) :], name])
            raise LanguageError(f"circle of derived cells: {circle}")
        bases = {
            b: self._cells.get(b) or self._parsed(b, (*path, name))
            for b in _BASE.findall(text)
            if b in self._texts and not _defines(text, b)
        }
        cells = parse_cells(text, library=bases, file=f"{name}.cell")
        if name not in cells:
            found = ", ".join(cells)
            raise LanguageError(f"{name}.cell defines no cell '{name}', only {found}")
        return cells[name]


def _defines(text: str, name: str) -> bool:
    return re.search(rf"^cell\s+{re.escape(name)}\b", text, re.MULTILINE) is not None


@cache
def library() -> Library:
    """The cells that come with the package."""
    folder = resources.files("cellsearch") / "cells"
    files = [f for f in folder.iterdir() if f.name.endswith(".cell")]
    return Library({f.name.removesuffix(".cell"): f.read_text("utf-8") for f in files})


def names() -> list[str]:
    """The names of the library's cells."""
    return list(library())


def load_cell(source: str | Path | Cell, library_: Mapping[str, Cell] | None = None) -> Cell:
    """A cell from its name, its text or its file; of several in a text or a file, the last.

    Args:
        source: a name of the library, a text with a newline in it, a path, or a cell.
        library_: cells that stand before the package's own.

    Raises:
        LanguageError: there is no such name or file, or the text is no cell.
    """
    return source if isinstance(source, Cell) else load_cells(source, library_)[-1]


def load_cells(source: str | Path, library_: Mapping[str, Cell] | None = None) -> list[Cell]:
    """The cell of a name, or all cells of a text or a file. See `load_cell`."""
    known = layered(library_ or {}, library())
    if isinstance(source, str) and ("\n" in source or source.lstrip().startswith("cell ")):
        return list(parse_cells(source, library=known).values())
    if isinstance(source, str) and source in known:
        return [known[source]]
    path = Path(source)
    if path.suffix == ".cell" or _is_file(path):
        return list(read_cells(path, known).values())
    shown = str(source)[:_SHOWN]
    hint = nearest(shown, known) or "; see `cellsearch cells`"
    raise LanguageError(f"no cell is called '{shown}', and no file{hint}")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # A name too long for any file.
        return False


def read_cells(path: Path, known: Mapping[str, Cell] | None = None) -> dict[str, Cell]:
    """All cells of a file.

    Raises:
        LanguageError: the file is missing or is no UTF-8 text, or what stands in it is no cell.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as e:
        raise LanguageError(f"{path} is no UTF-8 text (byte {e.start})") from None
    except OSError as e:
        raise LanguageError(f"cannot read {path}: {e.strerror}") from None
    return parse_cells(text, library=known if known is not None else library(), file=str(path))
