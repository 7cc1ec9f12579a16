import math

import pytest

from cellsearch.config import ScheduleConfig
from cellsearch.train.schedule import share


def shares(steps, **keys):
    return [share(ScheduleConfig(**keys), k, steps) for k in range(steps)]


def test_constant_is_one():
    assert shares(7) == [1.0] * 7


def test_the_warm_up_rises_linearly_and_reaches_one():
    assert shares(8, warmup=0.5) == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0]


def test_linear_falls_to_the_final_share_behind_the_last_update():
    assert shares(4, name="linear", final=0.2) == pytest.approx([1.0, 0.8, 0.6, 0.4])


def test_cosine_is_a_half_period():
    expected = [0.1 + 0.9 * (1 + math.cos(math.pi * k / 10)) / 2 for k in range(10)]
    assert shares(10, name="cosine", final=0.1) == pytest.approx(expected)


def test_the_decay_begins_where_the_warm_up_ends():
    assert shares(6, name="linear", warmup=1 / 3) == pytest.approx([0.5, 1, 1, 0.75, 0.5, 0.25])


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("name", ["constant", "linear", "cosine"])
def test_short_trials_always_move(steps, name):
    assert all(0 < s <= 1 for s in shares(steps, name=name, warmup=0.9))
