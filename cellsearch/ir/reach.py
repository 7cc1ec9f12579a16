"""What the output reaches, in which order it is computed, and which lines nothing reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cellsearch.errors import LanguageError, Position, nearest
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
    State,
    Width,
    flat,
    values,
)
from cellsearch.ir.expressions import Call, Expression, Name, calls, names, once, walk
from cellsearch.ir.unroll import Unrolled, base


@dataclass(frozen=True)
class Reach:
    """What is alive.

    Attributes:
        order: live equations, each after those that it reads in the same step.
        states: header states that something live reads, in the header's order.
        free: names in live equations that no line defines: the weights, once they pass the rules;
            and the params that a live state starts from.
    """

    order: tuple[str, ...]
    states: tuple[str, ...]
    free: tuple[str, ...]


def reach(u: Unrolled) -> Reach:
    """What the output needs.

    Raises:
        LanguageError: the output is no equation; a circle.
    """
    output = u.cell.output
    if output not in u.equations:
        near = nearest(output, u.equations)
        raise LanguageError(f"the output '{output}' is no equation{near}", _output_place(u.cell))
    live = _live(u, output)
    order = _order(u)
    known = {*u.cell.inputs, *u.states, *u.equations, *u.consts, "I"}
    states = tuple(s for s in u.states if s in live)
    read = [n for e in u.equations if e in live for n in names(u.equations[e].value)]
    started = [n for s in states if s in u.starts for n in names(u.starts[s]) if n in u.params]
    return Reach(
        order=tuple(e for e in order if e in live),
        states=states,
        free=tuple(dict.fromkeys(n for n in [*read, *started] if n not in known)),
    )


def _output_place(cell: Cell) -> Position | None:
    return next((li.at for li in cell.lines if isinstance(li, Output)), cell.at)


def _live(u: Unrolled, output: str) -> set[str]:
    live: set[str] = set()
    todo = [output]
    while todo:
        name = todo.pop()
        if name in live:
            continue
        live.add(name)
        if name in u.states:
            todo.append(f"{name}'")
        elif name in u.equations:
            todo += reads(u.equations[name].value)
    return live


@once
def reads(e: Expression) -> tuple[str, ...]:
    """The names in an expression; `delay(h', k)` reads the state `h` too, which remembers it."""
    delayed = [c.items[0] for c in calls(e) if c.function == "delay"]
    remembered = [n.name[:-1] for n in delayed if isinstance(n, Name) and n.name.endswith("'")]
    return (*names(e), *remembered)


@once
def same_step(e: Expression) -> tuple[str, ...]:
    """The names whose value of this very step an expression needs: all but those in a delay."""
    found: list[str] = []
    stack = [e]
    while stack:
        top = stack.pop()
        if isinstance(top, Name):
            found.append(top.name)
        if not (isinstance(top, Call) and top.function == "delay"):
            stack += top.parts[::-1]
    return tuple(found)


def _order(u: Unrolled) -> list[str]:
    """All equations, each after what it reads. Iterative: chains may be long."""
    order: list[str] = []
    done: set[str] = set()
    for first in u.equations:
        path: dict[str, Iterator[str]] = {}
        if first not in done:
            path[first] = iter(same_step(u.equations[first].value))
        while path:
            name = next(reversed(path))
            following = next((n for n in path[name] if n in u.equations and n not in done), None)
            if following is None:
                path.pop(name)
                done.add(name)
                order.append(name)
            elif following in path:
                _circle(u, [*path], following)
            else:
                path[following] = iter(same_step(u.equations[following].value))
    return order


def _circle(u: Unrolled, path: list[str], again: str) -> None:
    circle = " -> ".join([*path[path.index(again) :], again])
    raise LanguageError(
        f"circle: {circle}; it passes through neither an unprimed state nor a delay",
        u.equations[again].line.at,
    )


@dataclass(frozen=True)
class Unread:
    """What nothing reads: whole lines, and states of the header."""

    lines: tuple[Line, ...]
    states: tuple[State, ...]


def unread(u: Unrolled, r: Reach) -> Unread:
    """The lines that the output does not need, and the states that nothing live reads."""
    lines = list(flat(u.cell.lines))
    live = {id(u.equations[e].line) for e in r.order}
    blocks = [
        li for li in lines if isinstance(li, Repeat) and any(id(b) in live for b in flat(li.body))
    ]
    weights = {base(n) for n in r.free}
    named = weights | set(r.states)
    inits = [li for li in lines if isinstance(li, Init) and li.name in named]
    params = [li for li in lines if isinstance(li, Param) and li.name in weights]
    kept: list[Line] = [*inits, *params, *blocks]
    consts = _live_consts(u, r, kept)
    dead = tuple(li for li in lines if _dead(li, live, {id(k) for k in kept}, consts))
    return Unread(dead, tuple(s for s in u.cell.states if s.name not in r.states))


def unread_message(line: Line, cell: Cell) -> str:
    """What is wrong with a line that nothing reads."""
    match line:
        case Init(name=n):
            read = {n for e in values(cell) for n in names(e)}
            message = f"init names '{n}', which is no weight and no state of '{cell.name}'"
            return message + nearest(n, read)
        case Equation(target=t):
            return f"nothing that the output needs reads '{t}'"
        case Param(name=n) | Const(name=n):
            return f"nothing that the output needs reads '{n}'"
    return "nothing that the output needs reads what stands under this 'repeat'"


def _dead(line: Line, live: set[int], kept: set[int], consts: set[str]) -> bool:
    match line:
        case Equation():
            return id(line) not in live
        case Const(name=n):
            return n not in consts
        case Init() | Param() | Repeat():
            return id(line) not in kept
    return False


def _live_consts(u: Unrolled, r: Reach, kept: list[Line]) -> set[str]:
    raw = {li.name: li.value for li in flat(u.cell.lines) if isinstance(li, Const)}
    if not raw:
        return set()
    todo = [n for line in _live_lines(u, r, kept) for n in _read_by(line)]
    todo += [n for s in u.cell.states if s.name in r.states for n in _width_names(s.width)]
    live: set[str] = set()
    while todo:
        n = todo.pop()
        if n in raw and n not in live:
            live.add(n)
            todo += names(raw[n])
    return live


def _live_lines(u: Unrolled, r: Reach, kept: list[Line]) -> Iterator[Line]:
    yield from kept
    yield from {id(u.equations[e].line): u.equations[e].line for e in r.order}.values()
    yield from u.needs


def _width_names(width: Width | None) -> Iterator[str]:
    for e in width.sizes if width else ():
        yield from names(e)


def _read_by(line: Line) -> Iterator[str]:
    """The names that a line reads, those in indices and widths too."""
    match line:
        case Equation(target=t, value=v, width=w):
            yield from [*names(v), *_width_names(w)]
            for e in walk(t):
                yield from names(e)
        case Param(width=w, start=s):
            yield from _width_names(w)
            yield from names(s) if s is not None else ()
        case Init(value=v):
            yield from names(v)
        case Needs(left=a, right=b):
            yield from [*names(a), *names(b)]
        case Repeat(low=a, high=b):
            yield from [*names(a), *names(b)]
