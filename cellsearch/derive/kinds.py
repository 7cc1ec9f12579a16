"""Which expressions of a cell, as written, are scalars, vectors or matrices."""

from __future__ import annotations

from collections.abc import Mapping

from cellsearch.ir import Cell
from cellsearch.ir.cell import Repeat, flat
from cellsearch.ir.expressions import Binary, Call, Expression, Name, Number, Transpose
from cellsearch.ir.infer import Types, infer
from cellsearch.ir.ops import OPS, REDUCTIONS
from cellsearch.ir.reach import reach
from cellsearch.ir.unroll import base, unroll_somehow

# By name without index: 0 of a scalar, 1 of a vector, 2 of a matrix.
Kinds = Mapping[str, int]


def types_of(cell: Cell) -> Types:
    """The types of a cell's names, those of `u[2]` among them.

    Raises:
        LanguageError: the cell is wrong.
    """
    u = unroll_somehow(cell)
    return infer(u, reach(u))


def kinds_of(cell: Cell) -> Kinds:
    """The kinds of all names that stand in equations."""
    loops = [line.variable for line in flat(cell.lines) if isinstance(line, Repeat)]
    found = {base(n): len(t.sizes) for n, t in types_of(cell).names.items()}
    return {"I": 2} | found | dict.fromkeys([*loops, *unroll_somehow(cell).consts, "H", "X"], 0)


def kind(e: Expression, kinds: Kinds) -> int:
    """How many dimensions a value has: 0, 1 or 2."""
    match e:
        case Number():
            return 0
        case Name(name=n):
            return kinds.get(n, 1)
        case Transpose():
            return 2
        case Binary(op="@", right=b):
            return kind(b, kinds)
        case Call(function=f, items=items) if f in REDUCTIONS:
            return 0
        case Call(function=f, items=items) if f not in OPS:
            return 2 if f in ("outer", "diag", "block", "conv") else kind(items[0], kinds)
    return max(kind(a, kinds) for a in e.parts)
