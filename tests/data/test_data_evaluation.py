"""Evaluation: every counted token once, and no stream counts before it is warm."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellsearch.data import evaluation_segments
from cellsearch.errors import DataError


def _read(n: int, streams: int, warmup: int, segment: int) -> tuple[np.ndarray, ...]:
    tokens = np.arange(n, dtype=np.int32) * 3
    parts = list(evaluation_segments(tokens, streams, warmup, segment))
    assert all(len(part.inputs) == segment for part in parts[:-1])
    assert 1 <= len(parts[-1].inputs) <= segment
    columns = [(p.inputs, p.targets, p.position) for p in parts]
    return tuple(np.concatenate(column) for column in zip(*columns, strict=True))


sizes = st.tuples(st.integers(1, 9), st.integers(0, 12), st.integers(1, 11)).flatmap(
    lambda s: st.tuples(st.integers(s[0] + s[1] + 1, 120), *map(st.just, s))
)


@given(sizes)
def test_counted_are_the_positions_after_the_warm_up_each_once(
    size: tuple[int, int, int, int],
) -> None:
    n, _, warmup, _ = size
    _, _, position = _read(*size)
    counts = Counter(position[position >= 0].tolist())
    assert counts == Counter(range(warmup + 1, n))


@given(sizes)
def test_a_counted_target_stands_at_its_position_after_its_input(
    size: tuple[int, int, int, int],
) -> None:
    inputs, targets, position = _read(*size)
    counted = position >= 0
    assert (targets[counted] == position[counted] * 3).all()
    assert (inputs[counted] == targets[counted] - 3).all()


@given(sizes)
def test_a_stream_reads_its_warm_up_uncounted_and_then_on_without_a_gap(
    size: tuple[int, int, int, int],
) -> None:
    _, streams, warmup, _ = size
    inputs, targets, position = _read(*size)
    for s in range(streams):
        counted = np.flatnonzero(position[:, s] >= 0)
        assert counted[0] == warmup
        assert (np.diff(counted) == 1).all()
        # From the first warming token to the last counted one the text is read in order.
        read = inputs[: counted[-1] + 1, s]
        assert (np.diff(read) == 3).all()
        assert (targets[: len(read), s] == read + 3).all()


@given(sizes)
def test_streams_share_the_work_evenly(size: tuple[int, int, int, int]) -> None:
    _, _, position = _read(*size)
    shares = (position >= 0).sum(axis=0)
    assert shares.max() - shares.min() <= 1
    # Not a step longer than the longest stream needs.
    assert len(position) == size[2] + shares.max()


def test_the_counted_tokens_do_not_depend_on_streams_or_segments() -> None:
    one = _read(101, 1, 6, 101)[2]
    many = _read(101, 7, 6, 4)[2]
    assert sorted(one[one >= 0]) == sorted(many[many >= 0])


def test_a_text_too_short_is_refused_at_the_call() -> None:
    tokens = np.zeros(9, dtype=np.int32)
    with pytest.raises(DataError, match=r"has 9 tokens; evaluation in 4 streams with 5 tokens"):
        evaluation_segments(tokens, 4, 5, 8)
    assert sum((s.position >= 0).sum() for s in evaluation_segments(tokens, 3, 5, 8)) == 3


def test_ids_are_int64_for_the_loss() -> None:
    part = next(evaluation_segments(np.zeros(20, dtype=np.int32), 2, 3, 5))
    assert part.inputs.dtype == part.targets.dtype == part.position.dtype == np.int64
