"""What a corpus has to provide: three texts and what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

Level = Literal["char", "word"]
Notify = Callable[[str], None]
Split = Literal["train", "valid", "test"]
# The splits in the order in which they stand everywhere.
SPLITS: tuple[Split, Split, Split] = ("train", "valid", "test")
Parts = tuple[str, str, str]


@dataclass(frozen=True)
class Request:
    """What a source is asked for.

    Attributes:
        level: whether the text will be read as characters or as words.
        cache: the cache folder; a source keeps to a folder or file of its own name in it.
        notify: takes one line of progress.
        options: what stood after the corpus's name, as in `grammar:train=500000`.
    """

    level: Level
    cache: Path
    notify: Notify
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Texts:
    """What a source gives.

    Attributes:
        parts: the texts of train, valid and test.
        about: what it is, for the report; a noun phrase.
        split: how it was split, in a few words.
        alphabet: every character there can be, if that is known beforehand.
        entropy: entropy rate in nats per character, if that is known.
    """

    parts: Parts
    about: str
    split: str
    alphabet: tuple[str, ...] | None = None
    entropy: float | None = None


class Source(Protocol):
    """A corpus. `options` names those that it knows.

    A corpus of the package is a module in `corpora/` that defines `CORPUS`; one of another
    package is an entry point in the group `cellsearch.corpora`, its name the corpus's name.
    """

    @property
    def options(self) -> tuple[str, ...]:
        """Names of the options that may follow the corpus's name."""

    def read(self, request: Request) -> Texts:
        """The three texts. Raises DataError where they cannot be had."""
