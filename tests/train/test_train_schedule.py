import math

import pytest
from pydantic import ValidationError

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


def test_steps_hold_and_then_fall_at_the_beginning_of_each_period():
    got = shares(26, name="step", periods=13, hold=4, factor=0.5)
    # Zaremba et al. 2014: thirteen epochs, here of two updates each.
    assert got == [0.5 ** max(epoch - 4, 0) for epoch in range(1, 14) for _ in range(2)]
    assert (got[7], got[8], got[25]) == (1.0, 0.5, 0.5**9)


def test_borders_of_periods_are_exact():
    # 29 is where 1 / 29 * 29 and its like are rounded down.
    for periods in (13, 29, 49):
        for updates in (1, 3, 2323):
            steps = periods * updates
            keys = {"name": "step", "periods": periods, "hold": 1, "factor": 0.9}
            for period in range(periods):
                first, last = period * updates, (period + 1) * updates - 1
                for step in (first, last):
                    assert share(ScheduleConfig(**keys), step, steps) == 0.9**period


def test_a_hold_of_none_begins_with_a_fall_and_one_of_all_is_constant():
    assert shares(3, name="step", periods=3, hold=0) == [0.5, 0.25, 0.125]
    assert shares(3, name="step", periods=3, hold=3) == [1.0, 1.0, 1.0]


def test_periods_are_cut_from_what_follows_the_warm_up():
    got = shares(6, name="step", periods=2, hold=1, warmup=1 / 3)
    assert got == [0.5, 1.0, 1.0, 1.0, 0.5, 0.5]


def test_a_shorter_trial_keeps_the_shape():
    keys = {"name": "step", "periods": 13, "hold": 4}
    long, short = shares(13 * 40, **keys), shares(13 * 4, **keys)
    assert long[::10] == short


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"name": "step"}, "`step` needs `periods`"),
        ({"name": "step", "periods": 3, "hold": 4}, "`hold` is at most `periods`, 3; got 4"),
        ({"name": "step", "periods": 0}, "greater than or equal to 1"),
        ({"name": "step", "periods": 3, "factor": 0}, "greater than 0"),
        ({"name": "step", "periods": 3, "factor": 1.5}, "less than or equal to 1"),
        ({"name": "step", "periods": 3, "hold": -1}, "greater than or equal to 0"),
    ],
)
def test_steps_that_are_none_are_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        ScheduleConfig(**keys)
