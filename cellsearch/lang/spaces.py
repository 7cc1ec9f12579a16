"""Search spaces: cells that contain choices (`a | b`), and the cells in them."""

from __future__ import annotations

from collections.abc import Iterator

from cellsearch.ir.cell import (
    Cell,
    Const,
    Equation,
    Init,
    Line,
    Param,
    Repeat,
    flat,
    map_lines,
    map_values,
)
from cellsearch.ir.expressions import Choice, Expression, Name, rewrite, walk
from cellsearch.lang.edits import prune


def is_space(cell: Cell) -> bool:
    """Whether a choice is left in the cell."""
    return any(isinstance(e, Choice) for line in flat(cell.lines) for e in _read(line))


def members(space: Cell) -> Iterator[Cell]:
    """Every cell of a space, each once decided in every place that its output reaches.

    Places are decided in the order in which they are reached, the first option first; what a
    decision leaves unread is gone from the cell.
    """
    choice = _first_reached(space)
    if choice is None:
        yield prune(_without_idle_choices(space))
        return
    for option in choice.items:
        yield from members(decide(space, choice, option))


def decide(space: Cell, choice: Choice, option: Expression) -> Cell:
    """The space with one written place decided."""

    def swap(e: Expression) -> Expression | None:
        return option if e is choice else None

    return space.with_lines(
        map_lines(space.lines, lambda li: map_values(li, lambda e: rewrite(e, swap)))
    )


def _first_reached(space: Cell) -> Choice | None:
    """The first undecided place that the output reaches through what is decided."""
    lines = [li for li in flat(space.lines) if not isinstance(li, Repeat)]
    primes = {s.name: f"{s.name}'" for s in space.states}
    todo, seen = [space.output], set[str]()
    todo += [n for li in flat(space.lines) if isinstance(li, Repeat) for n in _names_of(li)]
    while todo:
        name = todo.pop(0)
        if name in seen:
            continue
        seen.add(name)
        todo += [primes[name]] if name in primes else []
        for line in lines:
            if _about(line) == name:
                choice, read = _decided(line)
                if choice is not None:
                    return choice
                todo += read
    return None


def _about(line: Line) -> str | None:
    match line:
        case Equation(target=Name(name=n)) | Param(name=n) | Const(name=n) | Init(name=n):
            return n
    return None


def _read(line: Line) -> Iterator[Expression]:
    match line:
        case Equation(value=v) | Const(value=v) | Init(value=v):
            yield from walk(v)
        case Param(start=Expression() as v):
            yield from walk(v)
        case Repeat(low=a, high=b):
            yield from walk(a)
            yield from walk(b)


def _names_of(line: Line) -> list[str]:
    return [e.name for e in _read(line) if isinstance(e, Name)]


def _decided(line: Line) -> tuple[Choice | None, list[str]]:
    """The first choice in a line, or else all the names that it reads."""
    choice = next((e for e in _read(line) if isinstance(e, Choice)), None)
    widths = getattr(line, "width", None)
    read = _names_of(line)
    for e in widths.sizes if widths else ():
        read += [n.name for n in walk(e) if isinstance(n, Name)]
    return choice, read


def _without_idle_choices(space: Cell) -> Cell:
    """Lines with a choice that nothing reaches are not part of the cell."""

    def keep(line: Line) -> Line | None:
        return None if any(isinstance(e, Choice) for e in _read(line)) else line

    return space.with_lines(map_lines(space.lines, keep))
