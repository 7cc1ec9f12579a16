"""A cell with its rounds written out: `repeat` is gone, every name is concrete (`u[2]`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from cellsearch.errors import LanguageError
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
    flat,
)
from cellsearch.ir.expressions import Call, Expression, Name, Number, names, number_text, once, walk
from cellsearch.ir.ops import RESERVED
from cellsearch.ir.widths import NeedsSizesError, number, substitute, whole

MOST_EQUATIONS = 10_000
# Consts that depend on H or X are written out in one another, which must stay shallow and short.
MOST_CONSTS, MOST_NAMES = 20, 200

# Functions whose last argument is a whole number that is known when the cell is read.
_COUNTED = {"delay": "a delay", "block": "a number of heads", "conv": "a filter's side"}


@dataclass(frozen=True)
class Round:
    """One equation of the unrolled cell, and the line that it comes from."""

    name: str
    value: Expression
    width: Width | None
    line: Equation


@dataclass
class Unrolled:
    """What `unroll` finds. Names are concrete in `equations`; elsewhere they are as written.

    Attributes:
        consts: their values over H and X, other consts put in.
        numbers: the values of those that need neither.
    """

    cell: Cell
    consts: dict[str, Expression] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)
    equations: dict[str, Round] = field(default_factory=dict)
    params: dict[str, Param] = field(default_factory=dict)
    starts: dict[str, Expression] = field(default_factory=dict)
    start_lines: dict[str, Line] = field(default_factory=dict)
    needs: list[Needs] = field(default_factory=list)

    @cached_property
    def states(self) -> dict[str, Width | None]:
        """The header's states and their widths."""
        return {s.name: s.width for s in self.cell.states}

    def width(self, width: Width | None) -> Width | None:
        """A width with the consts put in."""
        if width is None:
            return None
        return Width(tuple(substitute(e, self.consts) for e in width.sizes))


def base(name: str) -> str:
    """`u` of `u[2]`."""
    return name.partition("[")[0]


def stem(name: str) -> str:
    """What a weight's name ends in to belong to an equation: `h` of `h'`, `u[2]` of `u[2]`."""
    return name.replace("'", "")


def unroll(cell: Cell, sizes: Mapping[str, int] | None = None) -> Unrolled:
    """The cell without `repeat`.

    Args:
        cell: as written.
        sizes: H and X, for a cell whose rounds depend on them.

    Raises:
        LanguageError: a name defined twice or reserved, a bound or an index that is no whole
            number, too many rounds.
    """
    return _Unroller(cell, dict(sizes or {})).run()


def unroll_somehow(cell: Cell) -> Unrolled:
    """The cell unrolled, at a middling size where the number of its rounds depends on H or X."""
    try:
        return unroll(cell)
    except NeedsSizesError:
        return unroll(cell, {"H": 64, "X": 64})


class _Unroller:
    def __init__(self, cell: Cell, sizes: dict[str, int]) -> None:
        self.cell = cell
        self.out = Unrolled(cell)
        self.out.numbers.update(sizes)
        self.sizes = sizes
        self.defined: dict[str, int] = {}
        self.loops: dict[str, float] = {}
        self.rounds = 0
        # The expressions of the lines that are read; edits may put one in several places.
        self.met: set[int] = set()

    def run(self) -> Unrolled:
        self._header()
        # Consts first: lines stand in any order.
        for line in flat(self.cell.lines):
            if isinstance(line, Const):
                self._const(line)
        self._consts_known()
        self._loop_variables()
        self._lines(self.cell.lines)
        for n in self.sizes:
            del self.out.numbers[n]
        self._primes()
        return self.out

    def _define(self, name: str, line: Line | None) -> None:
        at = line.at if line else self.cell.at
        if base(name).rstrip("'") in RESERVED:
            raise LanguageError(f"'{base(name)}' is a reserved word, it cannot be defined", at)
        if isinstance(line, Equation) and name in self.out.states:
            raise LanguageError(f"'{name}' is a state; write {name}' for its new value", at)
        if name in self.defined:
            first = self.defined[name]
            where = f" (first in line {first})" if first else ""
            raise LanguageError(f"'{name}' is defined twice{where}", at)
        self.defined[name] = at.number if at else 0

    def _header(self) -> None:
        if not self.cell.states:
            raise LanguageError("a cell needs a state", self.cell.at)
        for name in [*self.cell.inputs, *(s.name for s in self.cell.states)]:
            if name.endswith("'"):
                raise LanguageError(f"'{name}': a header's names have no prime", self.cell.at)
            self._define(name, None)

    def _const(self, line: Const) -> None:
        self._define(line.name, line)
        self.out.consts[line.name] = line.value

    def _consts_known(self) -> None:
        raw = dict(self.out.consts)
        self.out.consts.clear()
        for name in raw:
            self._close(name, raw, ())
        self.out.consts = {name: self.out.consts[name] for name in raw}

    def _close(self, name: str, raw: dict[str, Expression], path: tuple[str, ...]) -> None:
        """Put other consts into one, and find its value where it needs neither H nor X."""
        if name in self.out.consts:
            return
        if name in path:
            circle = " -> ".join([*path[path.index(name) :], name])
            raise LanguageError(f"circle of consts: {circle}", raw[name].at)
        if len(path) > MOST_CONSTS:
            raise LanguageError(f"more than {MOST_CONSTS} consts in a chain", raw[name].at)
        inner = dict.fromkeys(n for n in names(raw[name]) if n in raw)
        for n in inner:
            self._close(n, raw, (*path, name))
        value = substitute(raw[name], {n: self._short(n) for n in inner})
        if len(names(value)) > MOST_NAMES:
            raise LanguageError(f"the const '{name}' reads H or X too often", raw[name].at)
        self.out.consts[name] = value
        try:
            self.out.numbers[name] = number(value, self.sizes, f"the const '{name}'")
        except NeedsSizesError:
            # It depends on H or X: known when a module is made.
            return

    def _short(self, const: str) -> Expression:
        """A const's value, as a number if it is known."""
        known = self.out.numbers.get(const)
        return self.out.consts[const] if known is None else Number(known)

    def _loop_variables(self) -> None:
        taken = {n for line in flat(self.cell.lines) for n in _defined_by(line)}
        taken |= {*self.cell.inputs, *self.out.states}
        for line in flat(self.cell.lines):
            if isinstance(line, Repeat):
                self._loop_variable(line, taken)

    def _loop_variable(self, line: Repeat, taken: set[str]) -> None:
        v = line.variable
        if v in RESERVED:
            raise LanguageError(f"'{v}' is a reserved word, it cannot be a loop variable", line.at)
        if v in taken or any(isinstance(b, Repeat) and b.variable == v for b in flat(line.body)):
            raise LanguageError(f"the loop variable '{v}' is another name of the cell", line.at)

    def _lines(self, lines: tuple[Line, ...], in_block: bool = False) -> None:
        for line in lines:
            match line:
                case Repeat():
                    self._repeat(line)
                case Equation():
                    self._equation(line)
                case Param():
                    self._param(line)
                case Init():
                    self._start(line.name, line.value, line)
                case Needs():
                    left, right = self._looped(line.left), self._looped(line.right)
                    self.out.needs.append(replace(line, left=left, right=right))
                case Output() if in_block:
                    raise LanguageError("'output' stands outside 'repeat'", line.at)
                case Output():
                    if "output" in self.defined:
                        raise LanguageError("a cell has one output", line.at)
                    self.defined["output"] = 0

    def _repeat(self, line: Repeat) -> None:
        low = self._whole(line.low, "a bound of repeat")
        high = self._whole(line.high, "a bound of repeat")
        self.rounds += max(high - low + 1, 0)
        if self.rounds > MOST_EQUATIONS:
            raise LanguageError(f"{self.rounds} rounds are more than {MOST_EQUATIONS}", line.at)
        for k in range(low, high + 1):
            self.loops[line.variable] = k
            self._lines(line.body, in_block=True)
        self.loops.pop(line.variable, None)

    def _equation(self, line: Equation) -> None:
        name = self._concrete(line.target).name
        if base(name) != name and base(name) in {*self.cell.inputs, *self.out.states}:
            raise LanguageError(f"'{base(name)}' stands in the header, it has no index", line.at)
        self._define(name, line)
        if len(self.out.equations) >= MOST_EQUATIONS:
            raise LanguageError(f"more than {MOST_EQUATIONS} equations", line.at)
        value = line.value if self._is_plain(line.value) else self._unrolled(line.value)
        width = line.width and Width(tuple(self._looped(e) for e in line.width.sizes))
        self.out.equations[name] = Round(name, value, self.out.width(width), line)

    def _param(self, line: Param) -> None:
        # A param given in a block speaks for all its rounds.
        if self.out.params.get(line.name) is line:
            return
        self._define(line.name, line)
        sizes = line.width.sizes if line.width else ()
        for n in {n for e in sizes for n in names(e)} & set(self.loops):
            message = f"the width of '{line.name}' is one for all rounds, got '{n}'"
            raise LanguageError(message, line.at)
        self.out.params[line.name] = line
        if line.start is not None:
            self._start(line.name, line.start, line)

    def _start(self, name: str, value: Expression, line: Line) -> None:
        if self.out.start_lines.get(name) is line:
            return
        if name in self.out.starts:
            raise LanguageError(f"'{name}' is given a start twice", line.at)
        self.out.starts[name], self.out.start_lines[name] = value, line

    def _looped(self, e: Expression) -> Expression:
        values = {v: Number(float(k)) for v, k in self.loops.items()}
        return substitute(e, values)

    def _whole(self, e: Expression, what: str) -> int:
        known = {**self.out.numbers, **self.loops}
        if any(n not in known and n in self.out.consts for n in names(e)):
            e = substitute(e, self.out.consts)
        return whole(e, known, what)

    def _concrete(self, n: Name) -> Name:
        if n.index is None:
            return n
        index = self._whole(n.index, "an index")
        return replace(n, name=f"{n.name}[{number_text(index)}]", index=None)

    def _is_plain(self, e: Expression) -> bool:
        """Whether a value is of one round and of one line alone, with nothing to be put in."""
        ids = _ids(e)
        shared = len(ids) < len(walk(e)) or not self.met.isdisjoint(ids)
        self.met |= ids
        return not (self.loops or shared or _has_open(e))

    def _unrolled(self, e: Expression) -> Expression:
        """A copy with concrete names. Rounds share no node, so that each has its own noise."""
        if isinstance(e, Name):
            if e.index is None and e.name in self.loops:
                return Number(float(self.loops[e.name]), at=e.at)
            return Name(self._concrete(e).name, at=e.at)
        parts = tuple(map(self._unrolled, e.parts))
        if isinstance(e, Call) and e.function in _COUNTED and len(parts) == 2:
            count = self._whole(e.parts[1], _COUNTED[e.function])
            parts = (parts[0], Number(float(count), at=e.at))
            if count < 1:
                raise LanguageError(f"{_COUNTED[e.function]} is at least 1, got {count}", e.at)
        return e.with_parts(parts) if parts else replace(e)

    def _primes(self) -> None:
        states = self.out.states
        for name, equation in self.out.equations.items():
            if "'" in name and stem(name) not in states:
                message = f"'{name}' is primed, but '{stem(name)}' is no state"
                raise LanguageError(message, equation.line.at)
        for s in self.cell.states:
            if f"{s.name}'" not in self.out.equations:
                message = f"the state '{s.name}' has no equation for \"{s.name}'\""
                raise LanguageError(message, s.at or self.cell.at)


@once
def _ids(e: Expression) -> frozenset[int]:
    return frozenset(map(id, walk(e)))


@once
def _has_open(e: Expression) -> bool:
    return any(map(_is_open, walk(e)))


def _is_open(e: Expression) -> bool:
    """Whether an index or a count is to be put into an expression."""
    if isinstance(e, Name):
        return e.index is not None
    return isinstance(e, Call) and e.function in _COUNTED


def _defined_by(line: Line) -> Iterator[str]:
    match line:
        case Equation(target=t):
            yield t.name
        case Param(name=n) | Const(name=n):
            yield n
