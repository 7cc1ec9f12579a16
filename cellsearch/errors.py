"""One family of errors. What a user did wrong is said in one message, without a traceback."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class CellsearchError(Exception):
    """The base of every error that a user can cause. Its text is all that the user sees."""


class ConfigError(CellsearchError):
    """A sweep file or an override that cannot be meant."""


class DataError(CellsearchError):
    """A corpus that is missing, damaged, empty or too short."""


class StoreError(CellsearchError):
    """A results folder that cannot be used: another study's, held by a process, damaged, full."""


class TrialError(CellsearchError):
    """A trial that cannot be trained as it is specified."""


class ShapeError(CellsearchError, ValueError):
    """A tensor or a size that does not fit the module it is given to."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a text: the source line, its number and its column, both from 1, in characters."""

    line: str
    number: int
    column: int
    file: str | None = None

    def excerpt(self) -> str:
        """The line and, under it, a caret at the column."""
        margin = f"{self.number:>5} | "
        lead = "".join("\t" if c == "\t" else " " for c in self.line[: self.column - 1])
        return f"{margin}{self.line}\n{' ' * len(margin)}{lead}^"


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
    near = same or get_close_matches(name, names, n=1, cutoff=0.5)
    return f"; nearest is '{near[0]}'" if near else ""
