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
from cellsearch.ir.reach import reads
from cellsearch.ir.unroll import base, unroll_somehow
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
    lines = list(flat(space.lines))
    # Rounds are written out with some choices made, to know which of them are read.
    u = unroll_somehow(space.with_lines(map_lines(space.lines, _decided_somehow)))
    written = dict(zip(map(id, flat(u.cell.lines)), lines, strict=True))
    todo = [n for li in lines if isinstance(li, Repeat) for n in _names_of(li)]
    todo.append(space.output)
    seen: set[str] = set()
    while todo:
        name = todo.pop(0)
        if name in seen:
            continue
        seen.add(name)
        todo += [f"{name}'"] if name in u.states else []
        round_ = u.equations.get(name)
        about = [li for li in lines if _about(li) == base(name)]
        for line in [written[id(round_.line)]] if round_ else about:
            choice = next((e for e in _read(line) if isinstance(e, Choice)), None)
            if choice is not None:
                return choice
            todo += _names_of(line)
            todo += reads(round_.value) if round_ else []
    return None


def _decided_somehow(line: Line) -> Line:
    def first(e: Expression) -> Expression | None:
        return rewrite(e.items[0], first) if isinstance(e, Choice) else None

    return map_values(line, lambda e: rewrite(e, first))


def _about(line: Line) -> str | None:
    """What a line that is no equation says something about."""
    match line:
        case Param(name=n) | Const(name=n) | Init(name=n):
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
    """The names that a line reads, without indices; those of its width too."""
    width = getattr(line, "width", None)
    sizes = [part for e in (width.sizes if width else ()) for part in walk(e)]
    return [e.name for e in (*_read(line), *sizes) if isinstance(e, Name)]


def _without_idle_choices(space: Cell) -> Cell:
    """Lines with a choice that nothing reaches are not part of the cell."""

    def keep(line: Line) -> Line | None:
        return None if any(isinstance(e, Choice) for e in _read(line)) else line

    return space.with_lines(map_lines(space.lines, keep))
