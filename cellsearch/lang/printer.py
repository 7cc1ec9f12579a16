"""Cells -> text that parses to the same cell, with its comments, equations set in a column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from cellsearch.ir.cell import (
    Cell,
    Const,
    Equation,
    Init,
    Line,
    Needs,
    Output,
    Param,
    Repeat,
    Width,
)

INDENT = "    "


def print_cell(cell: Cell) -> str:
    """The cell's text, ending in a newline."""
    return "\n".join([*(f"# {d}".rstrip() for d in cell.doc), *_cell(cell), ""])


def print_line(line: Line) -> str:
    """One line without comments; of a block, its header."""
    return _code(line, 0)


def _cell(cell: Cell) -> Iterator[str]:
    states = ", ".join(f"{s.name}{_width(s.width)}" for s in cell.states)
    yield f"cell {cell.name}({', '.join(cell.inputs)}; {states})"
    yield from _lines(cell.lines, INDENT)


def _width(width: Width | None) -> str:
    return "" if width is None else f": {width}"


def _lines(lines: Iterable[Line], indent: str) -> Iterator[str]:
    for is_equation, group in groupby(lines, lambda li: isinstance(li, Equation)):
        block = list(group)
        column = max(len(_left(li)) for li in block) if is_equation else 0
        for line in block:
            yield from (f"{indent}# {c}".rstrip() for c in line.above)
            note = f"  # {line.note}" if line.note else ""
            yield f"{indent}{_code(line, column)}{note}"
            if isinstance(line, Repeat):
                yield from _lines(line.body, indent + INDENT)
            yield from (f"{indent}# {c}".rstrip() for c in line.below)


def _left(line: Line) -> str:
    return f"{line.target}{_width(line.width)}" if isinstance(line, Equation) else ""


def _code(line: Line, column: int) -> str:
    match line:
        case Equation(value=v):
            return f"{_left(line):<{column}} = {v}"
        case Param(name=n, width=w, start=s):
            return f"param {n}{_width(w)}" + ("" if s is None else f" = {s}")
        case Const(name=n, value=v):
            return f"const {n} = {v}"
        case Init(name=n, value=v):
            return f"init {n} = {v}"
        case Output(name=n):
            return f"output {n}"
        case Needs(left=a, right=b):
            return f"needs {a} = {b}"
        case Repeat(variable=k, low=a, high=b):
            return f"repeat {k} = {a}..{b}"
    raise TypeError(f"no text for {type(line).__name__}")
