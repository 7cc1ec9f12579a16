"""Tokens -> the lines of a cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from cellsearch.errors import LanguageError
from cellsearch.ir.cell import (
    Const,
    Equation,
    Init,
    Line,
    Needs,
    Output,
    Param,
    Repeat,
    Width,
)
from cellsearch.ir.expressions import Name
from cellsearch.ir.ops import RESERVED
from cellsearch.lang.expressions import Reader
from cellsearch.lang.tokens import LogicalLine, Token


def read_lines(lines: Sequence[LogicalLine]) -> tuple[Line, ...]:
    """The lines under a header, blocks put together by their indentation.

    Raises:
        LanguageError: a line that is none, or an indentation that fits no block.
    """
    block = _Block(lines)
    read = block.read(lines[0].indent) if lines else ()
    block.end()
    return read


class _Block:
    def __init__(self, lines: Sequence[LogicalLine]) -> None:
        self.lines = lines
        self.i = 0

    def read(self, indent: int) -> tuple[Line, ...]:
        out: list[Line] = []
        while self.i < len(self.lines) and self.lines[self.i].indent >= indent:
            line = self.lines[self.i]
            if line.indent != indent:
                message = f"expected an indentation of {indent}, got {line.indent}"
                raise LanguageError(message, line.tokens[0].at)
            self.i += 1
            read = _line(line)
            if isinstance(read[0], Repeat):
                read = (replace(read[0], body=self._body(indent, line.tokens[0])),)
            out += read
        return tuple(out)

    def end(self) -> None:
        """Nothing may be left: a line further out than the first belongs to no block."""
        for line in self.lines[self.i :]:
            message = f"expected an indentation of {self.lines[0].indent}, got {line.indent}"
            raise LanguageError(message, line.tokens[0].at)

    def _body(self, indent: int, header: Token) -> tuple[Line, ...]:
        if self.i == len(self.lines) or self.lines[self.i].indent <= indent:
            raise LanguageError("expected indented lines under 'repeat'", header.at)
        # As deep as a parsed expression may be: the walks over both are recursive.
        if indent > 100:
            raise LanguageError("nested more than 100 deep", header.at)
        return self.read(self.lines[self.i].indent)


# A search reads the same lines again and again.
@lru_cache(10_000)
def _line(line: LogicalLine) -> tuple[Line, ...]:
    reader = Reader(line.tokens)
    first = line.tokens[0]
    read = _READERS.get(first.text, _equation) if first.kind == "name" else _equation
    found = read(reader)
    reader.end()
    if line.above or line.note:
        found[0] = replace(found[0], above=line.above, note=line.note)
    if line.below:
        found[-1] = replace(found[-1], below=line.below)
    return tuple(found)


def _equation(r: Reader) -> list[Line]:
    token = r.name("an equation, or param, const, init, output, needs, repeat")
    target = Name(token.text, at=token.at)
    if token.text.rstrip("'") in RESERVED:
        message = f"'{token.text}' is a reserved word, it cannot be defined"
        raise LanguageError(message, token.at)
    if r.accept("["):
        target = replace(target, index=r.size("an index"))
        r.expect("]")
    width = read_width(r)
    r.expect("=")
    return [Equation(target, r.expression(), width, at=token.at)]


def read_width(r: Reader) -> Width | None:
    """`: width`, if it stands here."""
    if not r.accept(":"):
        return None
    if r.accept("scalar"):
        return Width()
    start = r.i
    if r.accept("("):
        rows = r.size("a width")
        if r.accept(","):
            columns = r.size("a width")
            r.expect(")")
            return Width((rows, columns))
        r.i = start
    return Width((r.size("a width"),))


def _param(r: Reader) -> list[Line]:
    r.expect("param")
    tokens = [_defined(r)]
    while r.accept(","):
        tokens.append(_defined(r))
    width = read_width(r)
    start = r.expression() if r.accept("=") else None
    return [Param(t.text, width, start, at=t.at) for t in tokens]


def _defined(r: Reader) -> Token:
    token = r.name()
    if token.text in RESERVED or "'" in token.text:
        why = "is a reserved word" if token.text in RESERVED else "has a prime"
        raise LanguageError(f"'{token.text}' {why}, it cannot be defined here", token.at)
    return token


def _const(r: Reader) -> list[Line]:
    r.expect("const")
    token = _defined(r)
    r.expect("=")
    return [Const(token.text, r.expression(), at=token.at)]


def _init(r: Reader) -> list[Line]:
    r.expect("init")
    token = _defined(r)
    r.expect("=")
    return [Init(token.text, r.expression(), at=token.at)]


def _output(r: Reader) -> list[Line]:
    r.expect("output")
    token = r.name()
    if r.sees("["):
        message = "output names an equation that has no index; give the round a name, as in 'y = "
        raise LanguageError(f"{message}{token.text}[1]'", token.at)
    return [Output(token.text, at=token.at)]


def _needs(r: Reader) -> list[Line]:
    at = r.expect("needs").at
    left = r.size("a width")
    r.expect("=")
    return [Needs(left, r.size("a width"), at=at)]


def _repeat(r: Reader) -> list[Line]:
    at = r.expect("repeat").at
    variable = _defined(r).text
    r.expect("=")
    low = r.size("a bound of repeat")
    r.expect("..")
    return [Repeat(variable, low, r.size("a bound of repeat"), (), at=at)]


_READERS: dict[str, Callable[[Reader], list[Line]]] = {
    "param": _param,
    "const": _const,
    "init": _init,
    "output": _output,
    "needs": _needs,
    "repeat": _repeat,
}
