"""Edits that say how wide a number is, for where the language cannot tell."""

from __future__ import annotations

from collections.abc import Iterable

from cellsearch.ir import Graph
from cellsearch.ir.cell import Equation, Line, Repeat, Width
from cellsearch.ir.types import Type
from cellsearch.ir.unroll import base
from cellsearch.lang.lines import read_lines
from cellsearch.lang.printer import INDENT, print_line
from cellsearch.lang.tokens import logical_lines


def widened(edits: Iterable[str], graph: Graph) -> tuple[str, ...]:
    """Edits in which every equation has the width that its name has in a cell."""
    types = {base(n): e.type for n, e in graph.equations.items()}
    types |= {base(n): w.type for n, w in graph.weights.items()}
    return tuple(
        "\n".join(_text(line, types, 0) for line in read_lines(list(logical_lines(edit))))
        for edit in edits
    )


def _text(line: Line, types: dict[str, Type], depth: int) -> str:
    if isinstance(line, Repeat):
        inner = (_text(li, types, depth + 1) for li in line.body)
        return "\n".join([INDENT * depth + print_line(line), *inner])
    if isinstance(line, Equation) and line.target.name in types:
        sizes = types[line.target.name].sizes
        width = Width(tuple(s.expression for s in sizes))
        line = Equation(line.target, line.value, width)
    return INDENT * depth + print_line(line)
