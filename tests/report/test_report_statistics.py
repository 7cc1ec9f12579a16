"""The estimators against other people's, and against simulated truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_paired

from cellsearch.report import statistics as st

DIFFERENCES = np.array([0.011, -0.004, 0.02, 0.013, 0.007])


def test_interval_and_p_are_students() -> None:
    ours = st.t_interval(DIFFERENCES, 0.95)
    theirs = stats.ttest_1samp(DIFFERENCES, 0)
    assert ours == pytest.approx(theirs.confidence_interval(0.95))
    assert st.difference_p(DIFFERENCES) == pytest.approx(theirs.pvalue)


def test_difference_p_does_not_care_for_the_sign() -> None:
    assert st.difference_p(-DIFFERENCES) == pytest.approx(st.difference_p(DIFFERENCES))


def test_equivalence_is_the_larger_of_two_one_sided_tests() -> None:
    base = np.array([1.6, 1.62, 1.58, 1.61, 1.6])
    theirs = ttost_paired(base + DIFFERENCES, base, -0.03, 0.03)[0]
    assert st.equivalence_p(DIFFERENCES, 0.03) == pytest.approx(theirs)
    assert st.equivalence_p(-DIFFERENCES, 0.03) == pytest.approx(theirs)


def test_noninferiority_looks_at_the_upper_margin_alone() -> None:
    far_better = DIFFERENCES - 1.0
    assert st.noninferiority_p(far_better, 0.03) < 1e-6
    assert st.equivalence_p(far_better, 0.03) > 0.99
    assert st.noninferiority_p(far_better + 2.0, 0.03) > 0.99


def test_equivalence_agrees_with_the_90_percent_interval() -> None:
    edge = st.t_interval(DIFFERENCES, 0.90).high
    assert (
        st.equivalence_p(DIFFERENCES, edge * 1.0001)
        < 0.05
        < st.equivalence_p(DIFFERENCES, edge * 0.9999)
    )


def test_holm_by_hand() -> None:
    assert st.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert st.holm([]) == []


def test_wilson_of_a_textbook() -> None:
    # Newcombe (1998), table I: 81 of 263.
    assert st.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert st.wilson(0, 5).low == pytest.approx(0, abs=1e-12)
    assert 0 < st.wilson(5, 5).low < st.wilson(5, 5).high


def test_fisher_of_the_lady_tasting_tea() -> None:
    assert st.fisher_p(3, 4, 1, 4) == pytest.approx(34 / 70)


def test_sign_test_by_hand() -> None:
    assert st.sign_p(5, 0) == pytest.approx(2 / 32)
    assert st.sign_p(0, 0) == 1


def test_pairing_takes_the_common_seeds_in_order() -> None:
    pairs = st.paired({0: 1.0, 2: 3.0, 1: 2.0}, {2: 3.5, 0: 1.25, 7: 9.0})
    assert pairs.seeds == (0, 2)
    assert pairs.differences.tolist() == [0.25, 0.5]


def test_spread_of_correlated_seeds() -> None:
    base = {0: 1.0, 1: 2.0, 2: 3.0}
    spread = st.spread(st.paired(base, {0: 1.1, 1: 2.0, 2: 3.2}))
    assert spread.paired == pytest.approx(np.std([0.1, 0.0, 0.2], ddof=1))
    assert spread.unpaired == pytest.approx(math.sqrt(1 + np.var([1.1, 2.0, 3.2], ddof=1)))
    assert spread.correlation == pytest.approx(np.corrcoef([1, 2, 3], [1.1, 2.0, 3.2])[0, 1])


def test_no_correlation_where_there_is_none_to_see() -> None:
    assert st.spread(st.paired({0: 1.0, 1: 2.0}, {0: 1.0, 1: 2.5})).correlation is None
    flat = dict.fromkeys(range(4), 1.0)
    assert st.spread(st.paired(flat, {0: 1, 1: 2, 2: 3, 3: 4})).correlation is None


def test_one_pair_is_no_sample() -> None:
    with pytest.raises(ValueError, match="got 1 paired seeds, expected 2 or more"):
        st.t_interval(DIFFERENCES[:1], 0.95)


def test_rounding_alone_is_never_a_difference() -> None:
    rounding = np.array([2e-13, 1.9e-13, 2.1e-13, 2e-13, 2e-13])
    assert stats.ttest_1samp(rounding, 0).pvalue < 0.001
    assert st.difference_p(rounding) > 0.99
    assert st.difference_p(np.zeros(3)) == 1


def test_percent_and_margin_are_of_perplexity() -> None:
    assert st.percent(math.log(1.05)) == pytest.approx(5)
    assert st.percent(-st.margin_in_nats(0.03)) == pytest.approx(100 / 1.03 - 100)


def _samples(effect: float, n: int, studies: int, key: int) -> np.ndarray:
    return np.random.default_rng(key).normal(effect, 0.017, (studies, n))


@pytest.mark.parametrize("n", [2, 5])
def test_coverage_of_the_interval(n: int) -> None:
    studies = 4000
    intervals = [st.t_interval(d, 0.95) for d in _samples(0.01, n, studies, n)]
    covered = np.mean([low <= 0.01 <= high for low, high in intervals])
    assert covered == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / studies))


@pytest.mark.parametrize("test", [st.equivalence_p, st.noninferiority_p])
def test_level_at_the_margin_itself(test: object) -> None:
    studies, margin = 4000, st.margin_in_nats(0.03)
    p_values = np.array([test(d, margin) for d in _samples(margin, 5, studies, 1)])  # type: ignore
    wrong = np.mean(p_values <= 0.05)
    assert wrong == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / studies))


def test_simultaneous_intervals_hold_all_at_once() -> None:
    """All variants share a base, so the coverage is above, never below, the nominal one."""
    rng, studies, contrasts = np.random.default_rng(3), 1500, 8
    level = st.simultaneous_level(0.05, contrasts)
    held = alone = 0
    for _ in range(studies):
        losses = rng.normal(0, 0.01, (contrasts + 1, 5))
        differences = losses[1:] - losses[0]
        held += all(_covers(st.t_interval(d, level)) for d in differences)
        alone += all(_covers(st.t_interval(d, 0.95)) for d in differences)
    assert held / studies > 0.95 - 3 * math.sqrt(0.95 * 0.05 / studies)
    assert alone / studies < 0.9


def _covers(interval: st.Interval) -> bool:
    return interval.low <= 0 <= interval.high
