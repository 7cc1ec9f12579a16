"""Text -> lines of tokens. A line goes on while a bracket is open; `#` starts a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from cellsearch.errors import LanguageError, Position

# ASCII, and the letters among the Greek block (no accents alone, no Coptic, no symbols).
LETTER = "A-Za-z\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03e1\u03f0-\u03f5\u03f7-\u03ff"
_TOKEN = re.compile(
    rf"""
    (?:
      (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<name>[{LETTER}][{LETTER}0-9_]*'?)
    | (?P<hole>\?[{LETTER}][{LETTER}0-9_]*)
    | (?P<mark>->|\.\.|//|[-+*/@|()\[\],.=:;])
    )
    [ \t]*
    """,
    re.VERBOSE,
)

_HINTS = {
    "^": "; write x * x",
    "'": "; a prime follows its name directly, once",
    "′": "; write the prime as '",
    "’": "; write the prime as '",
    "⊙": "; write *",
    "·": "; write *",
    "×": "; write *",
    "−": "; write -",
    "–": "; write -",
    "?": "; a pattern's variable is written ?a",
    "_": "; a name begins with a letter",
    "\t": "; indent with spaces",
    "µ": "; the Greek letter is μ",
}

OPENING, CLOSING = "([", ")]"
_BRACKETS = frozenset(OPENING + CLOSING)


class Token(NamedTuple):
    """A piece of a line: its kind (number, name, hole, mark, end), its text and its place."""

    kind: str
    text: str
    at: Position


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """Tokens that belong together, the last of kind `end`.

    Attributes:
        indent: how many spaces stand before the first token.
        above: comment lines above, without `#`; of a header, those right above.
        note: the comment at its end.
        below: comment lines after a cell's last line.
    """

    tokens: tuple[Token, ...]
    indent: int
    above: tuple[str, ...]
    note: str | None
    below: tuple[str, ...] = ()


def logical_lines(text: str, file: str | None = None) -> Iterator[LogicalLine]:
    """The lines of a text that say something; comments go with the line that follows, if any.

    Raises:
        LanguageError: a character that the language lacks, or a bracket that is never closed.
    """
    reader = _Lines(file)
    last: LogicalLine | None = None
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        found = reader.read(line.removesuffix("\r"), number)
        if found and last:
            yield replace(last, below=reader.below)
        last = found or last
    reader.finish()
    if last:
        yield replace(last, below=_said(reader.above))


class _Lines:
    def __init__(self, file: str | None) -> None:
        self.file = file
        self.tokens: list[Token] = []
        self.open: list[Token] = []
        # Comment lines and empty ones, as they stand.
        self.above: list[str] = []
        self.notes: list[str] = []
        # Comments that end the cell above the header that was read last.
        self.below: tuple[str, ...] = ()

    def read(self, line: str, number: int) -> LogicalLine | None:
        """The logical line that ends here, if one does."""
        code, mark, comment = line.partition("#")
        tokens = _tokens(code, line, number, self.file)
        if not tokens and not self.tokens:
            self.above.append(line)
            return None
        self.tokens += tokens
        if mark:
            self.notes.append(comment.strip())
        for token in tokens:
            if token.text in _BRACKETS:
                self._bracket(token)
        if self.open:
            return None
        return self._line(Position(line, number, len(code.rstrip()) + 1, self.file))

    def finish(self) -> None:
        """No bracket may be left open."""
        if self.open:
            first = self.open[0]
            raise LanguageError(f"the bracket '{first.text}' is never closed", first.at)

    def _bracket(self, token: Token) -> None:
        if token.text in OPENING:
            self.open.append(token)
            return
        wanted = OPENING[CLOSING.index(token.text)]
        if not self.open or self.open[-1].text != wanted:
            raise LanguageError(f"'{token.text}' closes no '{wanted}'", token.at)
        self.open.pop()

    def _line(self, end: Position) -> LogicalLine:
        first = self.tokens[0]
        self.below, above = (), self.above
        if first.at.column == 1:
            self.below = _said([c for c in above if c.startswith(" ")])
            above = _right_above(above)
        line = LogicalLine(
            tokens=(*self.tokens, Token("end", "", end)),
            indent=first.at.column - 1,
            above=_said(above),
            note=" ".join(self.notes) or None,
        )
        self.tokens, self.above, self.notes = [], [], []
        return line


# A search reads the same lines again and again.
@lru_cache(10_000)
def _tokens(code: str, line: str, number: int, file: str | None) -> tuple[Token, ...]:
    """The tokens of a line without its comment."""
    tokens: list[Token] = []
    # A tab may part tokens; as an indentation it has no width that all agree on.
    column = len(code) - len(code.lstrip(" "))
    while column < len(code):
        at = Position(line, number, column + 1, file)
        match = _TOKEN.match(code, column)
        if not match or match.lastgroup is None:
            c = code[column]
            shown = c if c.isprintable() else repr(c)[1:-1]
            raise LanguageError(f"unexpected character '{shown}'{_HINTS.get(c, '')}", at)
        tokens.append(Token(match.lastgroup, match[match.lastgroup], at))
        column = match.end()
    return tuple(tokens)


def _said(lines: list[str]) -> tuple[str, ...]:
    return tuple(li.partition("#")[2].strip() for li in lines if li.strip())


def _right_above(lines: list[str]) -> list[str]:
    """What stands after the last empty line, unless all stands before it; not what is indented."""
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    start = max((i + 1 for i, c in enumerate(lines) if not c.strip()), default=0)
    return [c for c in lines[start:] if not c.startswith(" ")]
