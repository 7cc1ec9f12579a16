"""Text -> rules: `[in NAME:] PATTERN -> REPLACEMENT [N times | everywhere]`."""

from __future__ import annotations

from cellsearch.errors import LanguageError
from cellsearch.ir.expressions import Name, number_text
from cellsearch.ir.rules import Rule
from cellsearch.lang.expressions import Reader
from cellsearch.lang.tokens import LogicalLine


def is_rule(line: LogicalLine) -> bool:
    """Whether a line is a rule: it has an arrow."""
    return any(t.kind == "mark" and t.text == "->" for t in line.tokens)


def read_rule(line: LogicalLine) -> Rule:
    """A rule.

    Raises:
        LanguageError: it cannot be read.
    """
    r = Reader(line.tokens)
    equation = _where(r)
    pattern = r.expression()
    r.expect("->")
    replacement = r.expression()
    times = _times(r)
    r.end()
    where = "" if equation is None else f"in {equation}: "
    count = {None: " everywhere", 1: ""}.get(times, f" {times} times")
    text = f"{where}{pattern} -> {replacement}{count}"
    return Rule(pattern, replacement, equation, times, text, line.tokens[0].at)


def _where(r: Reader) -> str | None:
    if not (r.sees("in") and r.tokens[r.i + 1].kind == "name"):
        return None
    r.expect("in")
    name = Name(r.name("an equation's name").text)
    if r.accept("["):
        name = Name(name.name, r.size("an index"))
        r.expect("]")
    r.expect(":")
    return str(name)


def _times(r: Reader) -> int | None:
    if r.accept("everywhere"):
        return None
    if r.token.kind != "number":
        return 1
    count = r.token
    r.i += 1
    r.expect("times")
    value = float(count.text)
    if value < 1 or value != int(value):
        raise LanguageError(f"expected a whole number of times, got {count.text}", count.at)
    return int(number_text(value))
