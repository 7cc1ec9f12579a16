"""Edits: lines of the language that change a cell. What they make unread dies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cellsearch.errors import LanguageError
from cellsearch.ir.cell import (
    Cell,
    Const,
    Equation,
    Init,
    Line,
    Output,
    Param,
    Repeat,
    flat,
    map_lines,
    map_values,
)
from cellsearch.ir.expressions import Expression, Name, rewrite
from cellsearch.ir.reach import Unread, reach, unread, unread_message
from cellsearch.ir.rules import Rule, apply_rule
from cellsearch.ir.unroll import unroll_somehow
from cellsearch.lang.lines import read_lines
from cellsearch.lang.printer import print_line
from cellsearch.lang.rules import is_rule, read_rule
from cellsearch.lang.tokens import LogicalLine, logical_lines


def edit_cell(cell: Cell, edits: str | Sequence[str]) -> Cell:
    """A cell under edits and rules, in their order. The name stays.

    Args:
        cell: the base.
        edits: lines of the language, or rules (`pattern -> replacement`).

    Raises:
        LanguageError: an edit that cannot be read, changes nothing, or defines what nothing reads;
            a rule that matches another number of places than it says.
    """
    return edit_lines(cell, _edit_lines([edits] if isinstance(edits, str) else edits))


def edit_lines(cell: Cell, lines: Iterable[LogicalLine]) -> Cell:
    """See `edit_cell`."""
    pending: list[LogicalLine] = []
    for line in lines:
        if not is_rule(line):
            _refuse_holes(line)
            pending.append(line)
            continue
        cell = _with_pending(cell, pending)
        pending = []
        cell = _ruled(cell, line)
    return _with_pending(cell, pending)


def _refuse_holes(line: LogicalLine) -> None:
    for token in line.tokens:
        if token.kind == "hole":
            message = f"'{token.text}' stands in rules alone; expected 'PATTERN -> REPLACEMENT'"
            raise LanguageError(message, token.at)


def _edit_lines(edits: Iterable[str]) -> Iterable[LogicalLine]:
    for text in edits:
        found = list(logical_lines(text, "<edit>"))
        if not found:
            raise LanguageError(f"the edit '{text}' is empty")
        # Edits given one by one may be indented differently; a block keeps its shape.
        margin = found[0].indent
        for line in found:
            yield replace(line, indent=line.indent - margin)


def _with_pending(cell: Cell, lines: list[LogicalLine]) -> Cell:
    return apply_lines(cell, read_lines(lines)) if lines else cell


def _ruled(cell: Cell, line: LogicalLine) -> Cell:
    rule = read_rule(line)
    new, _ = apply_rule(cell, rule)
    if new == cell:
        raise LanguageError(f"the rule '{rule.text}' changes nothing in '{cell.name}'", rule.at)
    _check_size(new, rule)
    return prune(new)


def _check_size(cell: Cell, rule: Rule) -> None:
    """What a rule makes has to be a text again."""
    for line in (li for li in flat(cell.lines) if isinstance(li, Equation)):
        try:
            read_lines(list(logical_lines(print_line(line))))
        except LanguageError as e:
            message = f"the rule '{rule.text}' spoils '{line.target}': {e.message}"
            raise LanguageError(message, rule.at) from None


def apply_lines(base: Cell, lines: tuple[Line, ...]) -> Cell:
    """The base with lines replaced or added.

    Raises:
        LanguageError: a line that changes nothing, or that nothing reads.
    """
    _refuse_dead(base)
    body = base.lines
    for line in lines:
        body = _applied(body, line, base.name)
    edited = frozenset(id(li) for li in flat(body)) - frozenset(id(li) for li in flat(base.lines))
    new = base.with_lines(body)
    _refuse_same_output(base, new)
    return _pruned(new, edited)


def _refuse_same_output(base: Cell, new: Cell) -> None:
    written = [li for li in new.lines if isinstance(li, Output) and li not in base.lines]
    if written and new.output == base.output:
        message = f"'{print_line(written[0])}' changes nothing in '{base.name}'"
        raise LanguageError(message, written[0].at)


def _refuse_dead(base: Cell) -> None:
    """What the base itself leaves unread is the base's error; an edit must not hide it."""
    dead = _unread(base)
    for s in dead.states:
        raise LanguageError(f"nothing in '{base.name}' reads the state '{s.name}'", s.at)
    for line in dead.lines:
        raise LanguageError(unread_message(line, base), line.at)


def _unread(cell: Cell) -> Unread:
    u = unroll_somehow(cell)
    return unread(u, reach(u))


def _key(line: Line) -> tuple[str, object]:
    """What a line defines. Lines with equal keys replace each other."""
    match line:
        case Equation(target=Name(name=n, index=None)) | Param(name=n) | Const(name=n):
            return ("name", n)
        case Equation(target=t):
            return ("name", t)
        case Init(name=n):
            return ("init", n)
        case Output():
            return ("output", "output")
        case Repeat(variable=k, low=a, high=b):
            return ("repeat", (k, a, b))
    return ("line", line)


def _applied(lines: tuple[Line, ...], new: Line, cell: str) -> tuple[Line, ...]:
    """The lines with one more, in the place of what defines the same thing, or at the end."""
    if isinstance(new, Repeat):
        return _block_applied(lines, new, cell)
    key, hit = _key(new), False
    if isinstance(new, Init):
        before, lines = lines, _without_param_start(lines, new.name)
        if new.value == Name("default"):
            lines = map_lines(lines, lambda li: None if _key(li) == key else li)
            if lines == before:
                raise LanguageError(f"'{print_line(new)}' changes nothing in '{cell}'", new.at)
            return lines

    def put(old: Line) -> Line:
        nonlocal hit
        if _key(old) != key:
            return old
        hit = True
        merged = _merged(old, new)
        if merged == old:
            raise LanguageError(f"'{print_line(new)}' changes nothing in '{cell}'", new.at)
        return merged

    changed = map_lines(lines, put)
    return changed if hit else (*lines, new)


def _merged(old: Line, new: Line) -> Line:
    """The new line with the old one's width, where it has none of its own."""
    if isinstance(old, Equation | Param) and isinstance(new, Equation | Param):
        return replace(new, width=new.width or old.width)
    return new


def _block_applied(lines: tuple[Line, ...], new: Repeat, cell: str) -> tuple[Line, ...]:
    for i, old in enumerate(lines):
        if _key(old) == _key(new) and isinstance(old, Repeat):
            body = old.body
            for line in new.body:
                body = _applied(body, line, cell)
            return (*lines[:i], replace(old, body=body), *lines[i + 1 :])
    return (*lines, new)


def _without_param_start(lines: tuple[Line, ...], name: str) -> tuple[Line, ...]:
    """`init s = 2` takes the place of the start in `param s = 1`."""

    def strip(line: Line) -> Line:
        if isinstance(line, Param) and line.name == name and line.start is not None:
            return replace(line, start=None)
        return line

    return map_lines(lines, strip)


def prune(cell: Cell) -> Cell:
    """The cell without what its output does not need."""
    return _pruned(cell, frozenset())


def _pruned(cell: Cell, edited: frozenset[int]) -> Cell:
    """The cell without what nothing reads any more; a new line that nothing reads is an error."""
    dead = _unread(cell)
    for line in dead.lines:
        if id(line) in edited and not isinstance(line, Repeat):
            raise LanguageError(unread_message(line, cell), line.at)
    gone = {id(line) for line in dead.lines}
    lines = map_lines(cell.lines, lambda li: None if id(li) in gone else li)
    return _without_states(cell.with_lines(lines), dead)


def _without_states(cell: Cell, dead: Unread) -> Cell:
    """A state that nothing reads is not carried: its new value is an ordinary equation."""
    if not dead.states:
        return cell
    states = tuple(s for s in cell.states if s not in dead.states)
    if not states:
        raise LanguageError(f"the edit leaves '{cell.name}' without a state that is read", cell.at)
    primed = {f"{s.name}'": s.name for s in dead.states}
    output = cell.output
    lines = map_lines(cell.lines, lambda li: _unprimed(li, primed))
    if output in primed and not any(isinstance(li, Output) for li in lines):
        lines = (*lines, Output(primed[output]))
    return replace(cell, states=states, lines=lines)


def _unprimed(line: Line, primed: dict[str, str]) -> Line:
    def rename(e: Expression) -> Expression | None:
        if isinstance(e, Name) and e.name in primed:
            return replace(e, name=primed[e.name])
        return None

    line = map_values(line, lambda e: rewrite(e, rename))
    if isinstance(line, Equation) and line.target.name in primed:
        return replace(line, target=Name(primed[line.target.name], at=line.target.at))
    if isinstance(line, Output) and line.name in primed:
        return replace(line, name=primed[line.name])
    return line
