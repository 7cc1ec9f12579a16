"""A cell written otherwise: the same functions by exact algebra, other names and other signs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from cellsearch.errors import LanguageError
from cellsearch.ir import Cell, Graph, elaborate
from cellsearch.ir.cell import Equation, Init, Line, Param, Repeat, flat, map_lines, map_values
from cellsearch.ir.expressions import (
    Binary,
    Call,
    Expression,
    Name,
    Negative,
    Number,
    names,
    rewrite,
    walk,
)
from cellsearch.ir.ops import NOISE
from cellsearch.ir.unroll import base
from cellsearch.lang import parse_cell, print_cell

Rule = Callable[[Expression], Expression | None]

_ODD = frozenset({"tanh", "sin", "softsign", "hard_tanh", "layernorm", "rmsnorm"})
_EVEN = frozenset({"abs", "cos", "square"})


def rewritten(rng: random.Random, cell: Cell, steps: int = 6) -> Cell:
    """The cell after some random rewritings that change neither its functions nor its starts."""
    cell = declared(cell)
    for _ in range(steps):
        cell = tried(cell, rng.choice(_WAYS)(rng, cell))
    return cell


def resigned(rng: random.Random, cell: Cell) -> tuple[Cell, list[str]]:
    """The cell with some weights negated wherever they stand, and which."""
    cell = declared(cell)
    found = [w for w in _whole_names(elaborate(cell)) if "'" not in w]
    chosen = [w for w in found if rng.random() < 0.4]
    change = _replaced({w: Negative(Name(w)) for w in chosen})
    lines = map_lines(cell.lines, lambda li: change(li) if isinstance(li, Equation) else li)
    new = tried(cell, cell.with_lines(lines))
    return new, chosen if new is not cell else []


def tried(old: Cell, new: Cell) -> Cell:
    """The new cell, if it is one: a rewriting may be against a rule of the language."""
    try:
        again = parse_cell(print_cell(new))
        elaborate(again, {"H": 6, "X": 6})
    except LanguageError:
        return old
    return again


def declared(cell: Cell) -> Cell:
    """The cell with a `param` line for each weight, so that it may stand anywhere."""
    known = {li.name for li in flat(cell.lines) if isinstance(li, Param)}
    graph = elaborate(cell, {"H": 6, "X": 6})
    missing = [w for w in _whole_names(graph) if w not in known]
    return tried(cell, cell.with_lines([*cell.lines, *(Param(w) for w in missing)]))


def _whole_names(graph: Graph) -> list[str]:
    """The weights that have no rounds and are no learned start."""
    return [w for w in graph.weights if base(w) == w]


def _replaced(by: dict[str, Expression]) -> Callable[[Line], Line]:
    def change(e: Expression) -> Expression | None:
        return by.get(e.name) if isinstance(e, Name) and e.index is None else None

    return lambda line: map_values(line, lambda e: rewrite(e, change))


def _algebra(rng: random.Random, cell: Cell) -> Cell:
    """One expression by an equal one."""
    places = [
        (e, new)
        for li in flat(cell.lines)
        if isinstance(li, Equation)
        for e in walk(li.value)
        for new in _equal(e)
    ]
    if not places:
        return cell
    return with_part(cell, *rng.choice(places))


def with_part(cell: Cell, old: Expression, new: Expression) -> Cell:
    """The cell with one part of one of its equations replaced."""

    def change(e: Expression) -> Expression | None:
        return new if e is old else None

    return cell.with_lines(
        map_lines(
            cell.lines,
            lambda li: (
                map_values(li, lambda e: rewrite(e, change)) if isinstance(li, Equation) else li
            ),
        )
    )


def _equal(e: Expression) -> Iterator[Expression]:
    """Expressions that are equal to this one in exact arithmetic."""
    match e:
        case Binary(op="+", left=a, right=b):
            yield Binary("+", b, a)
            yield Binary("-", a, Negative(b))
            if isinstance(a, Binary) and a.op == "+":
                yield Binary("+", a.left, Binary("+", a.right, b))
        case Binary(op="-", left=a, right=b):
            yield Binary("+", a, Negative(b))
            yield Negative(Binary("-", b, a))
        case Binary(op="*", left=a, right=b):
            yield Binary("*", b, a)
            yield from _distributed(a, b)
            yield Negative(Binary("*", Negative(a), b))
        case Binary(op="/", left=a, right=b):
            yield Binary("*", a, Binary("/", Number(1.0), b))
        case Binary(op="@", left=a, right=b):
            yield from _product(a, b)
        case Negative(operand=Binary(op="+", left=a, right=b)):
            yield Binary("-", Negative(a), b)
        case Call():
            yield from _function(e)


def _distributed(a: Expression, b: Expression) -> Iterator[Expression]:
    for one, other in ((a, b), (b, a)):
        if isinstance(other, Binary) and other.op in "+-" and not _noisy(one):
            yield Binary(other.op, Binary("*", one, other.left), Binary("*", one, other.right))


def _product(a: Expression, b: Expression) -> Iterator[Expression]:
    yield Negative(Binary("@", a, Negative(b)))
    if isinstance(a, Binary) and a.op in "+-" and not _noisy(b):
        yield Binary(a.op, Binary("@", a.left, b), Binary("@", a.right, b))
    if isinstance(b, Binary) and b.op in "+-" and not _noisy(a):
        yield Binary(b.op, Binary("@", a, b.left), Binary("@", a, b.right))


def _function(e: Call) -> Iterator[Expression]:
    f, a = e.function, e.items[0]
    if f in _ODD:
        yield Negative(Call((Negative(a),), f))
    if f in _EVEN:
        yield Call((Negative(a),), f)
    match f:
        case "sigmoid":
            yield Binary("-", Number(1.0), Call((Negative(a),), f))
            half = Call((Binary("/", a, Number(2.0)),), "tanh")
            yield Binary("/", Binary("+", Number(1.0), half), Number(2.0))
        case "relu":
            yield Call((a, Number(0.0)), "max")
        case "silu" if not _noisy(a):
            yield Binary("*", a, Call((a,), "sigmoid"))
        case "square" if not _noisy(a):
            yield Binary("*", a, a)
        case "max" | "min":
            yield Call((e.items[1], a), f)
            other = "min" if f == "max" else "max"
            yield Negative(Call((Negative(a), Negative(e.items[1])), other))


def _noisy(e: Expression) -> bool:
    """Whether writing it twice would be something else."""
    return any(isinstance(part, Call) and part.function in NOISE for part in walk(e))


def _inlined(rng: random.Random, cell: Cell) -> Cell:
    """An equation's value in the place of its name."""
    found = [li for li in _plain(cell) if "'" not in li.target.name and not _noisy(li.value)]
    found = [li for li in found if li.target.name != cell.output]
    if not found:
        return cell
    gone = rng.choice(found)
    change = _replaced({gone.target.name: gone.value})
    lines = [change(li) for li in cell.lines if li is not gone]
    return cell.with_lines(lines)


def _named(rng: random.Random, cell: Cell) -> Cell:
    """A part of an equation as an equation of its own."""
    parts = [
        (li, e)
        for li in _plain(cell)
        for e in walk(li.value)
        if isinstance(e, Binary | Call) and e is not li.value and not _is_matrix(e, li.value)
    ]
    if not parts:
        return cell
    owner, part = rng.choice(parts)
    taken = {n for li in flat(cell.lines) if isinstance(li, Equation) for n in names(li.value)}
    name = next(f"t{i}" for i in range(1, 1_000) if f"t{i}" not in taken)

    def change(e: Expression) -> Expression | None:
        return Name(name) if e is part else None

    new = replace(owner, value=rewrite(owner.value, change))
    lines = [new if li is owner else li for li in cell.lines]
    return cell.with_lines([*lines, Equation(Name(name), part)])


def _is_matrix(e: Expression, whole: Expression) -> bool:
    """Whether a part stands left of an @."""
    left = [p.left for p in walk(whole) if isinstance(p, Binary) and p.op == "@"]
    return any(e is part for each in left for part in walk(each))


def _plain(cell: Cell) -> list[Equation]:
    """The equations that have no width, no index, and stand under no `repeat`."""
    return [
        li
        for li in cell.lines
        if isinstance(li, Equation) and li.width is None and li.target.index is None
    ]


def _renamed(rng: random.Random, cell: Cell) -> Cell:
    """Other names for the weights."""
    if any(isinstance(li, Repeat) for li in cell.lines):
        return cell
    found = _whole_names(elaborate(cell, {"H": 6, "X": 6}))
    by = {n: f"{n[0]}_{rng.randrange(10**6)}" for n in found}
    change = _replaced({n: Name(m) for n, m in by.items()})
    return cell.with_lines(map_lines(cell.lines, lambda li: _owned(change(li), by)))


def _owned(line: Line, by: dict[str, str]) -> Line:
    if isinstance(line, Param | Init) and line.name in by:
        return replace(line, name=by[line.name])
    return line


def _shuffled(rng: random.Random, cell: Cell) -> Cell:
    """Lines, and the states that are not put out, in another order."""
    lines = rng.sample(cell.lines, len(cell.lines))
    first, *others = cell.states
    return replace(cell, lines=tuple(lines), states=(first, *rng.sample(others, len(others))))


_WAYS: Sequence[Callable[[random.Random, Cell], Cell]] = (
    _algebra,
    _algebra,
    _algebra,
    _algebra,
    _inlined,
    _named,
    _renamed,
    _shuffled,
)
