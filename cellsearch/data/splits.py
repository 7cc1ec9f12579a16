"""One text cut into train, valid and test."""

from __future__ import annotations

from cellsearch.data.source import Level, Parts

Sizes = tuple[int, int, int]
SHARES: Sizes = (80, 10, 10)


def by_share(text: str, level: Level, shares: Sizes = SHARES) -> Parts:
    """Contiguous parts in the given shares of the characters."""
    first = len(text) * shares[0] // sum(shares)
    second = len(text) * (shares[0] + shares[1]) // sum(shares)
    return _cut(text, level, first, second)


def by_size(text: str, level: Level, sizes: Sizes) -> Parts:
    """Contiguous parts of the given numbers of characters; the last takes the rest."""
    return _cut(text, level, sizes[0], sizes[0] + sizes[1])


def _cut(text: str, level: Level, first: int, second: int) -> Parts:
    if level == "word":
        first, second = _between_words(text, first), _between_words(text, second)
    return text[:first], text[first:second], text[second:]


def _between_words(text: str, mark: int) -> int:
    # The next line's end; in a text without lines (text8), the next space.
    limit = mark + len(text) // 100
    for sign in "\n", " ":
        found = text.find(sign, mark, limit)
        if found >= 0:
            return found + 1
    return mark
