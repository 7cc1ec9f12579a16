"""A cell as its author wrote it: header, lines, comments, in their order.

What follows from it (types, cost, gradient) is never stored here: see `graph.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from cellsearch.errors import Position
from cellsearch.ir.expressions import Expression, Name


@dataclass(frozen=True)
class Width:
    """`scalar`, the width of a vector, or `(rows, columns)` of a matrix."""

    sizes: tuple[Expression, ...] = ()

    def __str__(self) -> str:
        if len(self.sizes) == 2:
            return f"({self.sizes[0]}, {self.sizes[1]})"
        return str(self.sizes[0]) if self.sizes else "scalar"


@dataclass(frozen=True)
class Line:
    """The base of a cell's lines. Comments and places do not take part in comparison."""

    at: Position | None = field(default=None, compare=False, repr=False, kw_only=True)
    above: tuple[str, ...] = field(default=(), compare=False, repr=False, kw_only=True)
    note: str | None = field(default=None, compare=False, repr=False, kw_only=True)
    below: tuple[str, ...] = field(default=(), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True)
class Equation(Line):
    """`target: width = value`."""

    target: Name
    value: Expression
    width: Width | None = None


@dataclass(frozen=True)
class Param(Line):
    """`param name: width = start`: a weight that the naming rules do not know by themselves."""

    name: str
    width: Width | None = None
    start: Expression | None = None


@dataclass(frozen=True)
class Const(Line):
    """`const name = value`: a number that is not trained."""

    name: str
    value: Expression


@dataclass(frozen=True)
class Init(Line):
    """`init name = value`: what a weight or a state starts as."""

    name: str
    value: Expression


@dataclass(frozen=True)
class Output(Line):
    """`output name`: an equation, or a primed state."""

    name: str


@dataclass(frozen=True)
class Needs(Line):
    """`needs X = H`: two widths that have to be equal where the cell is used."""

    left: Expression
    right: Expression


@dataclass(frozen=True)
class Repeat(Line):
    """`repeat k = low..high` and the lines under it."""

    variable: str
    low: Expression
    high: Expression
    body: tuple[Line, ...]


@dataclass(frozen=True)
class State:
    """A state in a header, with its width where one is written."""

    name: str
    width: Width | None = None
    at: Position | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Cell:
    """A recurrent cell.

    Attributes:
        name: its name.
        inputs: the input `x`, then further ones.
        states: in the header's order; the first one's new value is the output by default.
        lines: in their order.
        doc: the comment lines above the header, without `#`.
    """

    name: str
    inputs: tuple[str, ...]
    states: tuple[State, ...]
    lines: tuple[Line, ...]
    doc: tuple[str, ...] = field(default=(), compare=False, repr=False)
    at: Position | None = field(default=None, compare=False, repr=False)

    @property
    def output(self) -> str:
        """The name whose value is the output."""
        written = [line.name for line in self.lines if isinstance(line, Output)]
        return written[0] if written else f"{self.states[0].name}'"

    def with_lines(self, lines: Iterable[Line]) -> Cell:
        """The same cell with other lines."""
        return replace(self, lines=tuple(lines))


def flat(lines: Iterable[Line]) -> Iterator[Line]:
    """All lines, those under `repeat` in the place of their block, the block's line first."""
    for line in lines:
        yield line
        if isinstance(line, Repeat):
            yield from flat(line.body)


def map_lines(lines: Iterable[Line], change: Callable[[Line], Line | None]) -> tuple[Line, ...]:
    """All lines changed, blocks after their lines; None takes a line out, and empty blocks go."""
    out: list[Line] = []
    for line in lines:
        if isinstance(line, Repeat):
            line = replace(line, body=map_lines(line.body, change))
            if not line.body:
                continue
        new = change(line)
        if new is not None:
            out.append(new)
    return tuple(out)


def map_values(line: Line, change: Callable[[Expression], Expression]) -> Line:
    """A line with the expression that gives its value changed, where it has one."""
    match line:
        case Equation() | Const() | Init():
            return replace(line, value=change(line.value))
        case Param(start=Expression() as start):
            return replace(line, start=change(start))
    return line


def values(cell: Cell) -> Iterator[Expression]:
    """Every expression right of an equals sign."""
    for line in flat(cell.lines):
        value = line.start if isinstance(line, Param) else getattr(line, "value", None)
        if value is not None:
            yield value
