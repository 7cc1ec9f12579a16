"""Evaluation text in parallel streams, every counted token once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cellsearch.data.streams import Batch
from cellsearch.data.vocabulary import Ids
from cellsearch.errors import DataError

# The position of a target that does not count.
UNCOUNTED = -1


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationSegment:
    """Some steps of all streams.

    Attributes:
        inputs: ids, int64 [T, S].
        targets: ids, int64 [T, S]; each is the token after its input.
        position: where in the text the target stands, int64 [T, S]; -1 where it does not count.
    """

    inputs: Batch
    targets: Batch
    position: Batch


def least_tokens(streams: int, warmup: int) -> int:
    """The shortest text in which each of the streams counts a token after its warm-up."""
    return warmup + 1 + streams


def evaluation_segments(
    tokens: Ids, streams: int, warmup: int, segment: int
) -> Iterator[EvaluationSegment]:
    """The text [N] read by S streams in segments of T; the last segment may be shorter.

    Counted are the targets at positions warmup + 1 … N - 1, each once. Every stream first reads
    `warmup` tokens that do not count. Streams differ by at most one counted token; the shorter
    ones end on a token that does not count.

    Raises:
        DataError: the text is too short for a counted token in each stream.
    """
    least = least_tokens(streams, warmup)
    if len(tokens) < least:
        raise DataError(
            f"the text is too short: it has {len(tokens):,} tokens; evaluation in {streams} "
            f"streams with {warmup} tokens of warm-up needs at least {least:,}"
        )
    return _segments(tokens, streams, warmup, segment)


def _segments(tokens: Ids, streams: int, warmup: int, segment: int) -> Iterator[EvaluationSegment]:
    counted = len(tokens) - 1 - warmup
    edges = np.arange(streams + 1) * counted // streams
    start, length = edges[:-1], warmup + np.diff(edges)
    longest = int(length.max())
    for first in range(0, longest, segment):
        step = np.arange(first, min(first + segment, longest))[:, None]  # [T, 1]
        # The last stream is one of the longest, so none reads past the end of the text.
        at = start + step  # [T, S]
        counts = (step >= warmup) & (step < length)
        yield EvaluationSegment(
            inputs=tokens[at].astype(np.int64),
            targets=tokens[at + 1].astype(np.int64),
            position=np.where(counts, at + 1, UNCOUNTED),
        )
