"""A text as a unit sees it: each character with a colour, or in plain text with a bar below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from cellsearch.recorded import Array

# Levels go from -MOST to MOST; above half of it a value is called high.
MOST, HALF = 4, 2
BARS = " ▁▂▃▄▅▆▇█"
_SPOKEN = 12


def levels(values: Array) -> list[int]:
    """Each value as a level, by the largest of its sign; 0 for what is no number."""
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    above, below = finite.max(initial=0) or 1.0, -finite.min(initial=0) or 1.0
    return [int(level) for level in np.rint(MOST * finite / np.where(finite > 0, above, below))]


def runs(text: str, levels: Sequence[int]) -> Iterator[tuple[str, int]]:
    """The text in pieces of one level; the end of a line is seen."""
    for level, pairs in groupby(zip(text, levels, strict=True), key=lambda pair: pair[1]):
        yield "".join(c for c, _ in pairs).replace("\n", "↵\n"), level


def bars(text: str, levels: Sequence[int]) -> str:
    """Each line of the text, and below it a bar for each of its characters."""
    lines, at = [], 0
    for line in text.split("\n"):
        end = at + len(line) + 1
        lines += [line.expandtabs(1), "".join(BARS[MOST + level] for level in levels[at:end])]
        at = end
    return "\n".join(lines)


def spoken(text: str, levels: Sequence[int]) -> str:
    """Where the values are high, for those who see no colours."""
    high = [level > HALF for level in levels]
    pieces = [
        "".join(c for c, _ in pairs).strip()
        for is_high, pairs in groupby(zip(text, high, strict=True), key=lambda pair: pair[1])
        if is_high
    ]
    found = [" ".join(piece.split()) for piece in pieces if piece]
    more = f" and {len(found) - _SPOKEN} more" if len(found) > _SPOKEN else ""
    return f"high at: {'; '.join(found[:_SPOKEN]) or 'no letter'}{more}"
