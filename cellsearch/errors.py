"""One family of errors. What a user did wrong is said in one message, without a traceback."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple


class CellsearchError(Exception):
    """The base of every error that a user can cause. Its text is all that the user sees."""


class ConfigError(CellsearchError):
    """A sweep file or an override that cannot be meant."""


class DataError(CellsearchError):
    """A corpus that is missing, damaged, empty or too short."""


class UnknownCorpusError(DataError, ConfigError):
    """A corpus, a file of text or an option of a corpus that is not there: the name is wrong."""


class StoreError(CellsearchError):
    """A results folder that cannot be used: another study's, held by a process, damaged, full."""


class OtherStudyError(StoreError, ConfigError):
    """A results folder whose study is not the one that is asked for."""


class TrialError(CellsearchError):
    """A trial that cannot be trained as it is specified."""


class ShapeError(CellsearchError, ValueError):
    """A tensor or a size that does not fit the module it is given to."""


class Position(NamedTuple):
    """A place in a text: the source line, its number and its column, both from 1, in characters."""

    line: str
    number: int
    column: int
    file: str | None = None

    def excerpt(self) -> str:
        """The line and, under it, a caret at the column; of a long line, what is around it."""
        first = 0 if self.column < WINDOW else self.column - WINDOW // 2
        shown = "".join(map(_visible, self.line[first : first + WINDOW + WINDOW // 2]))
        margin = f"{self.number:>5} | " + ("…" if first else "")
        lead = "".join("\t" if c == "\t" else " " for c in shown[: self.column - 1 - first])
        return f"{margin}{shown}\n{' ' * len(margin)}{lead}^"


# How many characters of a long line a message shows before its caret, and half of that behind it.
WINDOW = 120


def _visible(c: str) -> str:
    return c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}"


class LanguageError(CellsearchError):
    """A text that is no cell. Raised by `ir` and `lang` and by nothing else.

    Attributes:
        message: what is wrong: got and expected, without the place.
        position: where, or None for what has no place in a text.
    """

    def __init__(self, message: str, position: Position | None = None) -> None:
        self.message = message
        self.position = position
        super().__init__(message)

    def __str__(self) -> str:
        at = self.position
        if at is None:
            return self.message
        place = f"{at.file or '<text>'}:{at.number}:{at.column}"
        return f"{place}: {self.message}\n{at.excerpt()}"


def nearest(name: str, known: Iterable[str]) -> str:
    """`; nearest is 'NAME'`, the tail of a message about an unknown name, or nothing."""
    names = sorted(set(known))
    same = [n for n in names if n.lower() == name.lower()]
    # Of two letters, one may be wrong; in longer names chance alone gives half of them.
    cutoff = 0.5 if len(name) <= 2 else 0.65
    near = same or get_close_matches(name, names, n=1, cutoff=cutoff)
    return f"; nearest is '{near[0]}'" if near else ""


def nearest_or_all(name: str, known: Iterable[str]) -> str:
    """`nearest`, or where none is near, all that are known."""
    names = sorted(set(known))
    return nearest(name, names) or f"; expected one of {', '.join(names)}"
