"""The estimators against other people's, and against simulated truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttost_paired

from cellsearch.report import statistics as st

DIFFERENCES = np.array([0.011, -0.004, 0.02, 0.013, 0.007])


def _of(differences: np.ndarray, blocks: np.ndarray | None = None) -> tuple[float, st.Noise]:
    """Their mean and its noise, as every test wants them."""
    return float(differences.mean()), st.noise_of(differences, blocks)


def test_interval_and_p_are_students() -> None:
    ours = st.t_interval(*_of(DIFFERENCES), 0.95)
    theirs = stats.ttest_1samp(DIFFERENCES, 0)
    assert ours == pytest.approx(theirs.confidence_interval(0.95))
    assert st.difference_p(*_of(DIFFERENCES)) == pytest.approx(theirs.pvalue)


def test_difference_p_does_not_care_for_the_sign() -> None:
    assert st.difference_p(*_of(-DIFFERENCES)) == pytest.approx(st.difference_p(*_of(DIFFERENCES)))


def test_equivalence_is_the_larger_of_two_one_sided_tests() -> None:
    base = np.array([1.6, 1.62, 1.58, 1.61, 1.6])
    theirs = ttost_paired(base + DIFFERENCES, base, -0.03, 0.03)[0]
    assert st.equivalence_p(*_of(DIFFERENCES), 0.03) == pytest.approx(theirs)
    assert st.equivalence_p(*_of(-DIFFERENCES), 0.03) == pytest.approx(theirs)


def test_noninferiority_looks_at_the_upper_margin_alone() -> None:
    far_better = DIFFERENCES - 1.0
    assert st.noninferiority_p(*_of(far_better), 0.03) < 1e-6
    assert st.equivalence_p(*_of(far_better), 0.03) > 0.99
    assert st.noninferiority_p(*_of(far_better + 2.0), 0.03) > 0.99


def test_equivalence_agrees_with_the_90_percent_interval() -> None:
    edge = st.t_interval(*_of(DIFFERENCES), 0.90).high
    assert (
        st.equivalence_p(*_of(DIFFERENCES), edge * 1.0001)
        < 0.05
        < st.equivalence_p(*_of(DIFFERENCES), edge * 0.9999)
    )


def test_holm_by_hand_and_by_another() -> None:
    assert st.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert st.holm([]) == []
    p_values = np.random.default_rng(6).beta(0.3, 2, 30).tolist()
    assert st.holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


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
        st.noise_of(DIFFERENCES[:1])


def test_rounding_alone_is_never_a_difference() -> None:
    rounding = np.array([2e-13, 1.9e-13, 2.1e-13, 2e-13, 2e-13])
    assert stats.ttest_1samp(rounding, 0).pvalue < 0.001
    assert st.difference_p(*_of(rounding)) > 0.99
    assert st.difference_p(*_of(np.zeros(3))) == 1


def test_percent_and_margin_are_of_perplexity() -> None:
    assert st.percent(math.log(1.05)) == pytest.approx(5)
    assert st.percent(-st.margin_in_nats(0.03)) == pytest.approx(100 / 1.03 - 100)


def _samples(effect: float, n: int, studies: int, key: int) -> np.ndarray:
    return np.random.default_rng(key).normal(effect, 0.017, (studies, n))


@pytest.mark.parametrize("n", [2, 5])
def test_coverage_of_the_interval(n: int) -> None:
    studies = 4000
    intervals = [st.t_interval(*_of(d), 0.95) for d in _samples(0.01, n, studies, n)]
    covered = np.mean([low <= 0.01 <= high for low, high in intervals])
    assert covered == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / studies))


@pytest.mark.parametrize("test", [st.equivalence_p, st.noninferiority_p])
def test_level_at_the_margin_itself(test: object) -> None:
    studies, margin = 4000, st.margin_in_nats(0.03)
    p_values = np.array([test(*_of(d), margin) for d in _samples(margin, 5, studies, 1)])  # type: ignore
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
        held += all(_covers(st.t_interval(*_of(d), level)) for d in differences)
        alone += all(_covers(st.t_interval(*_of(d), 0.95)) for d in differences)
    assert held / studies > 0.95 - 3 * math.sqrt(0.95 * 0.05 / studies)
    assert alone / studies < 0.9


def _covers(interval: st.Interval) -> bool:
    return interval.low <= 0 <= interval.high


def test_all_looks_together_spend_alpha() -> None:
    levels = [st.alpha_at(look) for look in range(1, 60)]
    assert levels[:2] == pytest.approx([0.0375, 0.009375])
    assert sum(levels) == pytest.approx(st.ALPHA)


def _crossed(seeds: int, text: float, key: int) -> np.ndarray:
    """Differences [n, B] whose seeds have an SD of 1 and whose text's mean one of `text`."""
    rng = np.random.default_rng(key)
    blocks = text * 10 * rng.normal(size=100) + rng.normal(size=(seeds, 100))
    return np.asarray(blocks + rng.normal(size=(seeds, 1)))


def test_noise_is_that_of_a_two_way_layout() -> None:
    """By hand: variance components from the mean squares of seeds, spans and the rest."""
    blocks = _crossed(4, 0.5, 0)
    spans = blocks.reshape(4, 10, 10).mean(axis=2)
    total, by_seed, by_span = spans.mean(), spans.mean(axis=1), spans.mean(axis=0)
    rest = sum(
        (spans[s, b] - by_seed[s] - by_span[b] + total) ** 2 for s in range(4) for b in range(10)
    )
    text = 4 * np.var(by_span, ddof=1) - rest / (3 * 9)
    found = st.noise_of(by_seed, blocks)
    assert found.seeds == pytest.approx(np.std(by_seed, ddof=1) / 2)
    assert found.text == pytest.approx(math.sqrt(text / 40))
    assert found.error == pytest.approx(math.hypot(found.seeds, found.text))
    assert 3 < found.freedom < 3 + 9


def test_the_text_is_no_noise_where_none_is_seen_or_none_is_known() -> None:
    differences = np.array([1.0, 2.0, 4.0])
    flat = np.repeat(differences[:, None], 40, axis=1)
    assert st.noise_of(differences, flat).text == 0
    assert st.noise_of(differences, flat[:, :9]).text is None
    alone = st.noise_of(differences)
    assert (alone.text, alone.freedom, alone.error) == (None, 2, alone.seeds)


@pytest.mark.parametrize("text", [0.2, 0.5])
def test_both_noises_are_needed_to_cover_the_truth(text: float) -> None:
    studies, seeds = 1500, 5
    both = seeds_alone = 0
    for key in range(studies):
        blocks = _crossed(seeds, text, key)
        differences = blocks.mean(axis=1)
        both += _covers(st.t_interval(*_of(differences, blocks), 0.95))
        seeds_alone += _covers(st.t_interval(*_of(differences), 0.95))
    assert both / studies == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / studies))
    assert seeds_alone < both


@pytest.mark.parametrize("n", [3, 5, 10, 20, 40])
def test_two_normal_samples_in_a_hundred_have_a_straggler(n: int) -> None:
    samples = np.random.default_rng(n).normal(size=(3000, n))
    flagged = np.mean([st.stragglers(d).any() for d in samples])
    assert flagged == pytest.approx(0.02, abs=4 * math.sqrt(0.02 * 0.98 / 3000) + 0.002 * (n > 30))


def test_a_straggler_is_named() -> None:
    far = np.array([0.01, 0.012, 0.009, 0.011, 0.2, 0.01, 0.013])
    assert st.stragglers(far).tolist() == [False] * 4 + [True] + [False] * 2
    assert not st.stragglers(-far[:2]).any()
    assert not st.stragglers(np.full(6, 0.3)).any()
