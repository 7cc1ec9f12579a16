"""Text to ids and back, by characters and by words.

Both vocabularies come from the training text alone. Characters are ordered by code point, with
`<unk>` last and only where a split needs it. Words are ordered by falling count, ties by
alphabet, after `<unk>` and `<eos>`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import repeat

import numpy as np
import numpy.typing as npt

from cellsearch.errors import DataError

Ids = npt.NDArray[np.int32]
UNKNOWN = "<unk>"
END = "<eos>"
# Words seen less often in training are unknown (Merity et al. 2016, WikiText), unless the text
# already marks its unknown words.
RARE = 3
_CODE_POINTS = 0x110000
_CHUNK = 1 << 22


def characters(train: str, others: Sequence[str] = ()) -> tuple[str, ...]:
    """The characters of `train`; `<unk>` follows if `others` hold one that it lacks."""
    known = _present(train)
    extra = (UNKNOWN,) if any((_present(text) & ~known).any() for text in others) else ()
    return (*map(chr, np.flatnonzero(known).tolist()), *extra)


def encode_characters(text: str, vocabulary: Sequence[str]) -> Ids:
    """Ids of the characters.

    Raises:
        DataError: a character that the vocabulary lacks, where it has no `<unk>`.
    """
    table = _table(vocabulary)
    ids = np.empty(len(text), dtype=np.int32)
    for start, codes in _code_points(text):
        ids[start : start + len(codes)] = table[codes]
    unknown = np.flatnonzero(ids < 0)
    if unknown.size:
        char = text[unknown[0]]
        raise DataError(f"character {char!r} (U+{ord(char):04X}) is not in the vocabulary")
    return ids


def words(train: str) -> tuple[str, ...]:
    """`<unk>`, `<eos>`, then the words of `train` that are frequent enough."""
    counts: Counter[str] = Counter()
    for chunk in _word_chunks(train):
        counts.update(chunk)
    least = 1 if UNKNOWN in counts else RARE
    kept = [word for word, count in counts.items() if count >= least]
    kept.sort(key=lambda word: (-counts[word], word))
    return (UNKNOWN, END, *(word for word in kept if word not in (UNKNOWN, END)))


def encode_words(text: str, vocabulary: Sequence[str]) -> Ids:
    """Ids of the words, `<eos>` after each line; a word not known is `<unk>`."""
    index = {word: i for i, word in enumerate(vocabulary)}
    unknown = index[UNKNOWN]
    parts = [
        np.fromiter(map(index.get, chunk, repeat(unknown)), dtype=np.int32, count=len(chunk))
        for chunk in _word_chunks(text)
    ]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)


def _present(text: str) -> npt.NDArray[np.bool_]:
    found = np.zeros(_CODE_POINTS, dtype=np.bool_)
    for _, codes in _code_points(text):
        found[codes] = True
    return found


def _table(vocabulary: Sequence[str]) -> Ids:
    ids = {symbol: i for i, symbol in enumerate(vocabulary)}
    table = np.full(_CODE_POINTS, ids.get(UNKNOWN, -1), dtype=np.int32)
    for symbol, i in ids.items():
        if symbol != UNKNOWN:
            table[ord(symbol)] = i
    return table


def _code_points(text: str) -> Iterator[tuple[int, npt.NDArray[np.uint32]]]:
    for start in range(0, len(text), _CHUNK):
        data = text[start : start + _CHUNK].encode("utf-32-le")
        yield start, np.frombuffer(data, dtype="<u4")


def _word_chunks(text: str) -> Iterator[list[str]]:
    # A chunk ends at a space or a line's end, so that no word is cut.
    start = 0
    while start < len(text):
        end = _word_end(text, start + _CHUNK)
        chunk = text[start:end]
        if end == len(text) and not chunk.endswith("\n"):
            chunk += "\n"
        yield chunk.replace("\n", f" {END} ").split()
        start = end


def _word_end(text: str, mark: int) -> int:
    ends = [i + 1 for i in (text.find(" ", mark), text.find("\n", mark)) if i >= 0]
    return min(ends, default=len(text))
