"""Training text as B endless streams."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cellsearch.data.vocabulary import Ids
from cellsearch.errors import DataError

Batch = npt.NDArray[np.int64]


class Streams:
    """The text as a circle, read by B streams side by side in segments of T.

    Stream b starts at token `offset + b * N // B` and reads on for ever, so each stream covers
    the whole text in time and what it reads in segment k is a function of k alone.
    """

    def __init__(self, tokens: Ids, batch: int, segment: int, offset: int) -> None:
        """Streams over `tokens` [N].

        Args:
            tokens: the text, ids [N].
            batch: B, the number of streams.
            segment: T, the tokens of a stream in one segment.
            offset: where the circle is cut open; any whole number.

        Raises:
            DataError: N is too short for one segment and its last target.
        """
        if batch < 1 or segment < 1:
            raise ValueError(f"batch and segment must be positive, got {batch} and {segment}")
        if len(tokens) <= segment:
            raise DataError(
                f"the training text is too short: it has {len(tokens):,} tokens; "
                f"a segment of {segment:,} needs at least {segment + 1:,}"
            )
        self._tokens = tokens
        self._segment = segment
        self._starts = offset % len(tokens) + np.arange(batch) * len(tokens) // batch

    def segment(self, k: int) -> tuple[Batch, Batch]:
        """Inputs and targets of segment k (0, 1, …), int64 [T, B]; targets are one token on."""
        steps = np.arange(self._segment + 1) + k * self._segment
        rows = (self._starts[None, :] + steps[:, None]) % len(self._tokens)  # [T + 1, B]
        window = self._tokens[rows].astype(np.int64)
        return window[:-1], window[1:]
