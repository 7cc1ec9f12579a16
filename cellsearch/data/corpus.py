"""A corpus: three texts as ids, and what a record must say of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cellsearch.data.source import SPLITS, Level, Split, Texts
from cellsearch.data.vocabulary import (
    END,
    Ids,
    characters,
    encode_characters,
    encode_words,
    words,
)
from cellsearch.errors import DataError

_SPLIT_NAMES: dict[Split, str] = {"train": "training", "valid": "validation", "test": "test"}
_UNITS: dict[Level, str] = {"char": "characters", "word": "words"}


@dataclass(frozen=True, eq=False)
class Corpus:
    """A text split in three, as ids.

    Attributes:
        name: as the task gives it: a corpus's name, or files.
        description: one sentence for the report: source, size, split, vocabulary.
        level: `char` or `word`.
        vocabulary: the symbol of each id; words have `<unk>` and `<eos>`.
        train: ids, int32 [N]; so are `valid` and `test`.
        sha256: of the three texts; it changes with any character and with the split.
        entropy: entropy rate in nats per token, where it is known (`grammar`), else None.
    """

    name: str
    description: str
    level: Level
    vocabulary: tuple[str, ...]
    train: Ids
    valid: Ids
    test: Ids
    sha256: str
    entropy: float | None

    def encode(self, text: str) -> Ids:
        """Ids of a text, int32 [N]; a line ends in `<eos>` at the word level.

        Raises:
            DataError: a character that is not in a vocabulary without `<unk>`.
        """
        return _encode(text, self.level, self.vocabulary)

    def decode(self, ids: npt.ArrayLike) -> str:
        """The text of ids [N]."""
        symbols = [self.vocabulary[i] for i in np.asarray(ids).tolist()]
        if self.level == "char":
            return "".join(symbols)
        spaced = "".join("\n" if symbol == END else f"{symbol} " for symbol in symbols)
        return spaced.replace(" \n", "\n").removesuffix(" ")

    def require(self, split: Split, tokens: int, purpose: str) -> None:
        """Refuses a split that is too short.

        Raises:
            DataError: `split` (train, valid, test) has fewer than `tokens` tokens.
        """
        got = len({"train": self.train, "valid": self.valid, "test": self.test}[split])
        if got < tokens:
            raise DataError(
                f"corpus '{self.name}' is too short: its {_SPLIT_NAMES[split]} text has {got:,} "
                f"{_UNITS[self.level]}; {purpose} needs at least {tokens:,}"
            )


def build(name: str, texts: Texts, level: Level) -> Corpus:
    """The corpus that three texts make at a level: vocabulary from `train`, then ids."""
    vocabulary = _vocabulary(texts, level)
    ids = [_encode(part, level, vocabulary) for part in texts.parts]
    return Corpus(
        name=name,
        description=_describe(name, texts, level, [len(part) for part in ids], len(vocabulary)),
        level=level,
        vocabulary=vocabulary,
        train=ids[0],
        valid=ids[1],
        test=ids[2],
        sha256=_digest(texts),
        entropy=texts.entropy if level == "char" else None,
    )


def _vocabulary(texts: Texts, level: Level) -> tuple[str, ...]:
    if level == "word":
        return words(texts.parts[0])
    return texts.alphabet or characters(texts.parts[0], texts.parts[1:])


def _encode(text: str, level: Level, vocabulary: tuple[str, ...]) -> Ids:
    return (encode_characters if level == "char" else encode_words)(text, vocabulary)


def _describe(name: str, texts: Texts, level: Level, sizes: list[int], symbols: int) -> str:
    counts = " / ".join(f"{size:,}" for size in sizes)
    return (
        f"{name}: {texts.about}; {counts} {_UNITS[level]} (train / valid / test, {texts.split}), "
        f"vocabulary {symbols:,}."
    )


def _digest(texts: Texts) -> str:
    # Lengths stand between the texts, so that a character that moves over a cut changes it.
    digest = hashlib.sha256(b"cellsearch corpus 1")
    for split, part in zip(SPLITS, texts.parts, strict=True):
        data = part.encode()
        digest.update(f"\n{split} {len(data)}\n".encode())
        digest.update(data)
    return digest.hexdigest()
