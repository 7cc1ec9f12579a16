"""Streams: the text is a circle, and a segment is a function of its number alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellsearch.data import Streams
from cellsearch.errors import DataError


def _tokens(n: int) -> np.ndarray:
    return np.arange(n, dtype=np.int32)


@given(
    n=st.integers(8, 60),
    batch=st.integers(1, 9),
    segment=st.integers(1, 7),
    offset=st.integers(0, 200),
    k=st.integers(0, 30),
)
def test_each_element_is_where_the_definition_puts_it(
    n: int, batch: int, segment: int, offset: int, k: int
) -> None:
    inputs, targets = Streams(_tokens(n), batch, segment, offset).segment(k)
    assert inputs.shape == targets.shape == (segment, batch)
    for t in range(segment):
        for b in range(batch):
            place = offset + b * n // batch + k * segment + t
            assert inputs[t, b] == place % n
            assert targets[t, b] == (place + 1) % n


def test_a_stream_goes_on_where_its_last_segment_ended() -> None:
    streams = Streams(_tokens(50), 3, 8, 11)
    for k in range(20):
        _, before = streams.segment(k)
        after, _ = streams.segment(k + 1)
        assert (after[0] == before[-1]).all()


def test_streams_together_cover_the_circle_once_in_a_round() -> None:
    streams = Streams(_tokens(60), 4, 5, 7)
    read = np.concatenate([streams.segment(k)[0].ravel() for k in range(3)])
    assert sorted(read.tolist()) == list(range(60))


def test_one_stream_covers_the_circle_alone_whatever_the_segment() -> None:
    streams = Streams(_tokens(23), 2, 7, 5)
    read = {int(i) for k in range(4) for i in streams.segment(k)[0][:, 1]}
    assert read == set(range(23))


def test_segments_need_no_order_and_are_the_readers_own() -> None:
    tokens = _tokens(40)
    streams = Streams(tokens, 2, 6, 3)
    first, _ = streams.segment(5)
    streams.segment(0)
    again, _ = streams.segment(5)
    assert (first == again).all()
    first[:] = -1
    assert (tokens == _tokens(40)).all()
    assert (streams.segment(5)[0] == again).all()


def test_ids_are_int64_for_the_loss() -> None:
    inputs, targets = Streams(_tokens(9), 2, 4, 0).segment(0)
    assert inputs.dtype == targets.dtype == np.int64


def test_the_shortest_text_holds_one_segment_and_its_last_target() -> None:
    inputs, targets = Streams(_tokens(9), 1, 8, 0).segment(0)
    assert inputs[:, 0].tolist() == list(range(8))
    assert targets[-1, 0] == 8
    with pytest.raises(DataError, match=r"has 8 tokens; a segment of 8 needs at least 9"):
        Streams(_tokens(8), 1, 8, 0)


@pytest.mark.parametrize(("batch", "segment"), [(0, 4), (4, 0)])
def test_sizes_must_be_positive(batch: int, segment: int) -> None:
    with pytest.raises(ValueError, match=r"must be positive"):
        Streams(_tokens(9), batch, segment, 0)
