"""What is readable in a text, character by character, as it stands after each of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cellsearch.recorded import Array

# Opened where no word goes on, closed where none does, on one line: an apostrophe is no quote.
# Both lengths are bounded, or the time would grow with the square of a line's length.
_QUOTED = re.compile(r"(?<!\w)([\"'`]{1,9})(?=[^\s\"'`])(?:(?!\1)[^\n]|\1(?=\w)){0,500}\1(?!\w)")
_HEADING = re.compile(r"(?:(?<=\n\n)|\A)[^\n]+:(?=\n)")
_BRACKET = re.compile(r"[()\[\]{}]|\n\n")
_OPENING = "([{"


@dataclass(frozen=True)
class Readable:
    """A property of a text.

    Attributes:
        about: what it is, in plain words.
        kind: `binary`, or a `number`.
        of: its value after each character of a text, [characters].
    """

    name: str
    about: str
    kind: Literal["binary", "number"]
    of: Callable[[str], Array]


def _quoted(text: str) -> Array:
    return _marked(text, _QUOTED, 1)


def _heading(text: str) -> Array:
    return _marked(text, _HEADING, 0)


def _marked(text: str, pattern: re.Pattern[str], closing: int) -> Array:
    """1 from the first character of each match to its end, without the closing ones."""
    found = np.zeros(len(text))
    for m in pattern.finditer(text):
        found[m.start() : m.end() - (len(m.group(closing)) if closing else 0)] = 1
    return found


def _depth(text: str) -> Array:
    """Brackets that are open; an empty line closes what was forgotten."""
    depth, changes = 0, np.zeros(len(text))
    for m in _BRACKET.finditer(text):
        before = depth
        if m.group() in _OPENING:
            depth += 1
        elif m.group() == "\n\n":
            depth = 0
        else:
            depth = max(0, depth - 1)
        changes[m.end() - 1] += depth - before
    return changes.cumsum()


def _bracketed(text: str) -> Array:
    return (_depth(text) > 0).astype(float)


def _in_line(text: str) -> Array:
    return _since(text, {"\n"})


def _in_word(text: str) -> Array:
    return _since(text, {c for c in set(text) if not c.isalpha()})


def _since(text: str, ends: Set[str]) -> Array:
    """Characters since the last one that ends something, which itself has 0."""
    codes = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
    places = np.arange(len(text))
    is_end = np.isin(codes, [ord(c) for c in ends])
    return (places - np.maximum.accumulate(np.where(is_end, places, -1))).astype(float)


READABLE = (
    Readable(
        "inside quotes", "from an opening quote to the closing one, on one line", "binary", _quoted
    ),
    Readable("inside brackets", "a round, square or curly bracket is open", "binary", _bracketed),
    Readable("in a heading", "a line after an empty one that ends in a colon", "binary", _heading),
    Readable("depth of brackets", "how many brackets are open", "number", _depth),
    Readable("position in the line", "characters since the line began", "number", _in_line),
    Readable("position in the word", "letters since the word began", "number", _in_word),
)
