import json
import math

import pytest

from cellsearch.train.curve import POINTS, Curve, Marks


@pytest.mark.parametrize("steps", [1, 2, 7, 49, 50, 51, 1234])
@pytest.mark.parametrize("evaluations", [1, 3, 7, 10, 26, 50])
def test_marks_are_few_even_and_end_with_the_last_update(steps, evaluations):
    marks = Marks.of(steps, evaluations)
    assert len(marks.points) <= POINTS
    assert marks.evaluations <= marks.points
    assert len(marks.evaluations) == min(steps, evaluations)
    assert steps in marks.evaluations
    assert min(marks.points) >= 1
    ends = sorted(marks.evaluations)
    gaps = [b - a for a, b in zip([0, *ends[:-1]], ends, strict=True)]
    assert max(gaps) - min(gaps) <= 1


def test_a_point_is_the_mean_since_the_last_one():
    curve = Curve()
    for loss, norm in [(3.0, 1.0), (2.0, 2.0)]:
        curve.add(loss, norm)
    curve.point(20, None)
    curve.add(1.0, 7.0)
    curve.point(30, 1.5)
    got = curve.record()
    assert got.tokens == (20, 30)
    assert got.train_loss == (2.5, 1.0)
    assert got.gradient_norm == (1.5, 7.0)
    assert got.valid_loss == (None, 1.5)


def test_a_validation_loss_that_is_not_finite_is_left_out():
    curve = Curve()
    for loss in (math.inf, math.nan):
        curve.add(1.0, 1.0)
        curve.point(1, loss)
    assert curve.record().valid_loss == (None, None)


def test_a_curve_comes_back_from_json_to_the_bit():
    curve = Curve()
    for k in range(5):
        curve.add(math.pi / (k + 3), math.e * k)
    curve.point(5, 0.1)
    curve.add(1 / 3, 2 / 3)
    assert Curve(**json.loads(json.dumps(curve.dump()))) == curve
