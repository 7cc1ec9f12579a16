"""A cell with one node changed: nearly always another cell, now and then the same."""

from __future__ import annotations

import random
from collections.abc import Iterator

from cellsearch.ir import Cell
from cellsearch.ir.cell import Equation, flat
from cellsearch.ir.expressions import (
    Binary,
    Call,
    Expression,
    Name,
    Negative,
    Number,
    walk,
)
from cellsearch.ir.ops import OPS
from cellsearch.testing.rewrites import declared, tried, with_part

_FUNCTIONS = sorted(f for f, op in OPS.items() if op.arity == 1 and f not in ("log", "sqrt"))


def mutant(rng: random.Random, cell: Cell, tries: int = 20) -> Cell | None:
    """The cell with one node of one equation replaced; None where no try makes a cell."""
    cell = declared(cell)
    names = sorted({e.name for e in _nodes(cell) if isinstance(e, Name) and e.index is None})
    for _ in range(tries):
        node = rng.choice(list(_nodes(cell)))
        options = list(_others(rng, node, names))
        if options:
            new = tried(cell, with_part(cell, node, rng.choice(options)))
            if new is not cell:
                return new
    return None


def _nodes(cell: Cell) -> Iterator[Expression]:
    for line in flat(cell.lines):
        if isinstance(line, Equation):
            yield from walk(line.value)


def _others(rng: random.Random, e: Expression, names: list[str]) -> Iterator[Expression]:
    """What may stand in the place of a node."""
    match e:
        case Binary(op=("+" | "-" | "*") as op, left=a, right=b):
            yield from (Binary(other, a, b) for other in "+-*" if other != op)
            yield Binary(op, b, a)
            yield from (a, b)
        case Binary(op="/", left=a, right=b):
            yield Binary("/", b, a)
        case Call(items=(a,), function=f) if f in OPS:
            yield Call((a,), rng.choice(_FUNCTIONS))
            yield a
        case Name(index=None):
            yield Name(rng.choice(names))
            yield Negative(e)
        case Negative(operand=a):
            yield a
        case Number(value=v):
            yield Number(v + rng.choice([-1.0, 0.5, 1.0]))
            yield Number(-v)
