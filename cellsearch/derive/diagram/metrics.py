"""How wide words are: more than in any font that is asked for, so that they fit their boxes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from cellsearch.derive.diagram.words import Run, Words, joined

# Width of a character in parts of the font's size. Fonts differ; these are of a wide one.
_WIDE = dict.fromkeys("MWmwΩΦΨ⊙@", 0.98)
_NARROW = dict.fromkeys("ijlftrI.,;:'|()[]√ \N{PRIME}", 0.44)
_SIGNS = dict.fromkeys("+=×÷<>\N{MINUS SIGN}", 0.78)
_WIDTHS = {**_WIDE, **_NARROW, **_SIGNS, "σ": 0.7}
LOW = 0.72
# By how much lines are made narrower at a time.
_SHAVE = 6.0
# How much wider than its room a line may be rather than be broken within brackets.
_STRETCHED = 1.3
_SIGN = re.compile(" [+\N{MINUS SIGN}] ")


def width(words: Words, size: float) -> float:
    """The width of words in pixels, given the font's size."""
    return sum(_run(r, size) for r in words)


def _run(run: Run, size: float) -> float:
    scale = size * LOW if run.low else size
    return scale * sum(_WIDTHS.get(c, 0.74 if c.isupper() else 0.58) for c in run.text)


@lru_cache(maxsize=1024)
def wrapped(words: Words, size: float, room: float) -> tuple[Words, ...]:
    """Words in lines that fit the room, broken in front of `+` and the like.

    They are as few as can be, and then about as long as each other. Rather than broken within
    brackets they are a little wider than the room.
    """
    pieces: list[tuple[Words, float]] = []
    for depth in range(_deepest(words) + 1):
        pieces = [(p, width(p, size)) for p in _pieces(words, depth)]
        widest = max(wide for _, wide in pieces)
        if widest <= _STRETCHED * room:
            room = max(room, widest)
            break
    lines = _filled(pieces, room)
    narrower = room
    while len(_filled(pieces, narrower - _SHAVE)) == len(lines) and narrower > _SHAVE:
        narrower -= _SHAVE
    return tuple(joined(*line) for line in _filled(pieces, narrower))


def _filled(pieces: Sequence[tuple[Words, float]], room: float) -> list[list[Words]]:
    """Pieces in lines, each line as full as it gets."""
    lines: list[list[Words]] = []
    left = 0.0
    for piece, wide in pieces:
        if not lines or wide > left:
            lines.append([])
            left = room
        lines[-1].append(piece)
        left -= wide
    return lines


def _deepest(words: Words) -> int:
    """How many brackets at most could stand in each other."""
    return sum(run.text.count("(") for run in words)


def _pieces(words: Words, depth: int) -> Iterator[Words]:
    """Stretches that stay in one line: each but the first begins with a sign between spaces.

    Args:
        words: what is cut.
        depth: the number of brackets within which a sign may still be cut at.
    """
    piece: Words = ()
    level = 0
    for run in words:
        start = 0
        for at, c in enumerate(run.text):
            level += (c == "(") - (c == ")")
            if level <= depth and _SIGN.match(run.text, at):
                yield joined(piece, (replace(run, text=run.text[start:at]),))
                piece, start = (), at
        piece = joined(piece, (replace(run, text=run.text[start:]),))
    yield piece
