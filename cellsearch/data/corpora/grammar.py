"""Text of known entropy, made as long as it is asked for: see `cellsearch.data.grammar`.

`grammar`, or with options `grammar:train=20000000,seed=1`. The splits are independent texts, each
of which begins where the source begins.
"""

from __future__ import annotations

from dataclasses import dataclass

from cellsearch.data import grammar
from cellsearch.data.source import SPLITS, Parts, Request, Split, Texts
from cellsearch.errors import DataError, UnknownCorpusError

_SIZES: dict[Split, int] = {"train": 2_000_000, "valid": 200_000, "test": 200_000}


@dataclass(frozen=True)
class Grammar:
    """The corpus. Options: the characters of each split, and a seed."""

    options: tuple[str, ...] = (*SPLITS, "seed")

    def read(self, request: Request) -> Texts:
        """Three texts of the asked lengths."""
        seed = _whole(request, "seed", 0)
        sizes = {split: _whole(request, split, _SIZES[split]) for split in SPLITS}
        return Texts(
            _texts(sizes, seed),
            about=f"words in nested brackets from a source of {grammar.entropy():.4f} nats per "
            f"character, seed {seed}",
            split="independent texts",
            alphabet=grammar.ALPHABET,
            entropy=grammar.entropy(),
        )


CORPUS = Grammar()


def _texts(sizes: dict[Split, int], seed: int) -> Parts:
    try:
        train, valid, test = (grammar.generate(sizes[s], f"{seed} {s}") for s in SPLITS)
    except (MemoryError, OverflowError) as error:
        most = max(sizes.values())
        raise DataError(f"corpus 'grammar': no memory for {most:,} characters") from error
    return train, valid, test


def _whole(request: Request, option: str, default: int) -> int:
    value = request.options.get(option, str(default))
    try:
        number = int(value) if value.isascii() else -1
    except ValueError:
        number = -1
    if number < 0:
        raise UnknownCorpusError(f"corpus 'grammar': {option}={value}, expected a whole number")
    return number
