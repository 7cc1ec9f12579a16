"""Text -> cells: headers, derived cells, and where a base is found."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple, cast

from cellsearch.errors import LanguageError, nearest
from cellsearch.ir.cell import Cell, State
from cellsearch.ir.ops import RESERVED
from cellsearch.lang.edits import edit_lines
from cellsearch.lang.expressions import Reader
from cellsearch.lang.lines import read_lines, read_width
from cellsearch.lang.tokens import LogicalLine, Token, logical_lines

Library = Mapping[str, Cell]


def parse_cells(
    text: str, *, library: Library | None = None, file: str | None = None
) -> dict[str, Cell]:
    """All cells of a text, by name.

    Args:
        text: cells, one after another.
        library: where a derived cell finds its base if the text has none of that name.
        file: the name that messages give to the text.

    Raises:
        LanguageError: what is wrong, with line and column.
    """
    found: dict[str, Cell] = {}
    known = layered(found, library or {})
    for header, body in _sections(logical_lines(text, file)):
        cell = _read(header, body, known)
        if cell.name in found:
            message = f"the cell '{cell.name}' is defined twice"
            raise LanguageError(message, header.tokens[0].at)
        found[cell.name] = cell
    if not found:
        raise LanguageError(f"{file or 'the text'} has no cell; expected 'cell name(x; h)'")
    return found


def layered(first: Library, second: Library) -> Library:
    """Two libraries as one, the first before the second; nothing is parsed until asked for."""
    maps = cast(list[MutableMapping[str, Cell]], [first, second])
    return ChainMap(*maps)


def parse_cell(text: str, *, library: Library | None = None, file: str | None = None) -> Cell:
    """The last cell of a text. See `parse_cells`."""
    return list(parse_cells(text, library=library, file=file).values())[-1]


def _sections(lines: Iterable[LogicalLine]) -> Iterator[tuple[LogicalLine, list[LogicalLine]]]:
    """Each header with the indented lines under it."""
    header: LogicalLine | None = None
    body: list[LogicalLine] = []
    for line in lines:
        if line.indent == 0:
            if header:
                yield header, body
            header, body = line, []
        elif header is None:
            message = "expected 'cell name(x; h)' at the start of a line before any other line"
            raise LanguageError(message, line.tokens[0].at)
        else:
            body.append(line)
    if header:
        yield header, body


def _read(line: LogicalLine, body: list[LogicalLine], library: Library) -> Cell:
    name, base, inputs, states = _header(line)
    doc = (*line.above, *([line.note] if line.note else []))
    if base is None:
        return Cell(name.text, inputs, states, read_lines(body), doc, name.at)
    derived = _derived(name, base, body, library)
    return replace(derived, name=name.text, doc=doc, at=name.at)


class _Header(NamedTuple):
    """The first line of a cell; a derived one names its base, and neither inputs nor states."""

    name: Token
    base: Token | None
    inputs: tuple[str, ...] = ()
    states: tuple[State, ...] = ()


# A search reads the same lines again and again.
@lru_cache(1_000)
def _header(line: LogicalLine) -> _Header:
    r = Reader(line.tokens)
    if not r.accept("cell"):
        message = f"expected 'cell', got '{r.token.text}'; the lines of a cell are indented"
        raise LanguageError(message, r.token.at)
    name = _new(r, "the cell's name")
    if r.accept("="):
        base = r.name("the name of a cell")
        r.expect("with")
        r.end()
        return _Header(name, base)
    inputs, states = _signature(r)
    r.end()
    return _Header(name, None, inputs, states)


def _new(r: Reader, what: str) -> Token:
    token = r.name(what)
    if token.text in RESERVED:
        raise LanguageError(f"'{token.text}' is a reserved word, it cannot be {what}", token.at)
    if "'" in token.text:
        raise LanguageError(f"'{token.text}' has a prime, it cannot be {what}", token.at)
    return token


def _signature(r: Reader) -> tuple[tuple[str, ...], tuple[State, ...]]:
    r.expect("(")
    taken: set[str] = set()
    inputs = [_header_name(r, "an input", taken).text]
    while r.accept(","):
        inputs.append(_header_name(r, "an input", taken).text)
    _refuse_width(r, inputs)
    r.expect(";")
    states = [_state(r, taken)]
    while r.accept(","):
        states.append(_state(r, taken))
    r.expect(")")
    return tuple(inputs), tuple(states)


def _refuse_width(r: Reader, inputs: list[str]) -> None:
    """An input has the width that it is given when a module is made."""
    if r.sees(":"):
        width = f"X.{inputs[-1]}" if inputs[1:] else "X"
        message = f"an input has no width in the header; say 'needs {width} = …' in a line"
        raise LanguageError(message, r.token.at)


def _state(r: Reader, taken: set[str]) -> State:
    token = _header_name(r, "a state", taken)
    return State(token.text, read_width(r), token.at)


def _header_name(r: Reader, what: str, taken: set[str]) -> Token:
    token = _new(r, what)
    if token.text in taken:
        raise LanguageError(f"'{token.text}' is defined twice in the header", token.at)
    taken.add(token.text)
    return token


def _derived(name: Token, base: Token, body: list[LogicalLine], library: Library) -> Cell:
    if base.text not in library:
        message = f"no cell is called '{base.text}'{nearest(base.text, library)}"
        raise LanguageError(message, base.at)
    if not body:
        raise LanguageError(f"expected lines under '{name.text} = {base.text} with'", base.at)
    return edit_lines(library[base.text], body)
