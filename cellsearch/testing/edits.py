"""Edits and rules drawn at random, most of them nearly right."""

from __future__ import annotations

import random

from cellsearch.ir.cell import Cell, Equation, Line, Repeat, flat
from cellsearch.ir.expressions import (
    Binary,
    Call,
    Expression,
    Hole,
    Name,
    Number,
    rewrite,
    walk,
)
from cellsearch.lang.printer import print_line


def random_edits(rng: random.Random, cell: Cell) -> list[str]:
    """One to three edits or rules that look at what stands in the cell."""
    return [_edit(rng, cell) for _ in range(rng.randint(1, 3))]


def _edit(rng: random.Random, cell: Cell) -> str:
    lines = list(flat(cell.lines))
    equations = [li for li in lines if isinstance(li, Equation)]
    equation = rng.choice(equations)
    kind = rng.randrange(6)
    if kind == 0:
        return _rule(rng, equation)
    if kind == 1:
        return f"{_a_name(rng, cell)} = {rng.choice(['0', '1', '0.5', '-1', 'x', 'h'])}"
    if kind == 2:
        value = rng.choice(["0", "1", "default", "learned", "-inf", "ramp", "orthogonal"])
        return f"init {_a_name(rng, cell)} = {value}"
    if kind == 3:
        return print_line(rng.choice(lines))
    if kind == 4:
        return _in_its_block(cell, equation, f"{equation.target} = {rng.choice(equations).value}")
    part = rng.choice(list(walk(equation.value)))
    changed = rewrite(equation.value, lambda e: _other(rng, cell, e) if e is part else None)
    return _in_its_block(cell, equation, f"{equation.target} = {changed}")


def _in_its_block(cell: Cell, equation: Line, text: str) -> str:
    for block in cell.lines:
        if isinstance(block, Repeat) and equation in block.body:
            return f"{print_line(block)}\n    {text}"
    return text


def _a_name(rng: random.Random, cell: Cell) -> str:
    found = [
        e.name
        for li in flat(cell.lines)
        if isinstance(li, Equation)
        for e in walk(li.value)
        if isinstance(e, Name)
    ]
    return rng.choice(sorted(set(found)) or ["x"])


def _other(rng: random.Random, cell: Cell, e: Expression) -> Expression:
    options: list[Expression] = [
        Number(float(rng.randint(0, 2))),
        Name(_a_name(rng, cell)),
        Call((e,), rng.choice(["tanh", "sum", "layernorm", "exp"])),
        Binary(rng.choice("+-*/@"), e, e),
    ]
    return rng.choice(options)


def _rule(rng: random.Random, equation: Equation) -> str:
    """A pattern cut out of an equation, some of its parts made variables."""
    whole = rng.choice(list(walk(equation.value)))
    holes: dict[Expression, Hole] = {}

    def open_up(e: Expression) -> Expression | None:
        if e is whole or rng.random() > 0.4:
            return None
        matrix = isinstance(e, Name) and e.name[0].isupper()
        return holes.setdefault(e, Hole(f"{'U' if matrix else 'a'}{len(holes)}"))

    pattern = rewrite(whole, open_up)
    parts = [*walk(pattern), Number(0), Number(1), *holes.values()]
    where = rng.choice(["", "", f"in {equation.target}: "])
    times = rng.choice(["", "", " everywhere", " 2 times"])
    return f"{where}{pattern} -> {rng.choice(parts)}{times}"
