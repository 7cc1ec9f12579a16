"""Error rates of the verdict: as measured over ten thousand studies, and over a few, here.

`benchmarks/verdict_errors.py` measured them, by the functions that judge.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from cellsearch.report import statistics as st
from cellsearch.report.verdicts.classes import contrasts_of
from cellsearch.testing.draws import samples
from cellsearch.testing.rates import Rates, rates
from cellsearch.testing.scenarios import SCENARIOS, Scenario
from cellsearch.testing.shares import one_in

STUDIES = 100
CLAIMED = [s for s in SCENARIOS if s.claimed]
MEASURED = Path(__file__).parents[2] / "benchmarks" / "measured" / "verdict_errors.json"


@pytest.mark.parametrize("scenario", CLAIMED, ids=lambda s: s.name)
def test_what_was_measured_is_what_is_allowed(scenario: Scenario) -> None:
    held = json.loads(MEASURED.read_text())
    if scenario.name not in held:
        pytest.skip("not measured yet: python benchmarks/verdict_errors.py")
    found = Rates(**held[scenario.name])
    # One look may spend less than all of them, but for what is approximate.
    rough = scenario.seeds >= 20 and any(arm.text for arm in scenario.arms)
    alpha = st.ALPHA if scenario.looks or rough else st.alpha_at(1)
    most = alpha + 3 * math.sqrt(alpha * (1 - alpha) / found.studies)
    assert found.studies == 10_000
    assert found.difference / found.studies < most
    assert found.equivalence / found.studies < most
    assert found.noninferiority / found.studies < most
    assert found.together / found.studies_shown > 1 - most
    assert 0.94 < found.covered / found.shown < 0.96
    assert found.lucky == 0


@pytest.mark.parametrize("scenario", one_in(4, CLAIMED), ids=lambda s: s.name)
def test_no_family_errs_much_more_often_than_allowed(scenario: Scenario) -> None:
    """A coarse look, at the code as it is."""
    found = rates(scenario, STUDIES)
    most = st.ALPHA + 4 * math.sqrt(st.ALPHA * (1 - st.ALPHA) / STUDIES)
    assert found.difference / STUDIES < most
    assert found.equivalence / STUDIES < most
    assert found.noninferiority / STUDIES < most
    assert found.together / found.studies_shown > 1 - most
    assert found.covered / found.shown == pytest.approx(0.95, abs=4 * math.sqrt(0.05 / STUDIES))


@pytest.mark.parametrize("name", ["the worst 40% diverge", "the worst 10% diverge"])
def test_a_variant_with_a_diverged_seed_is_never_lucky(name: str) -> None:
    scenario = next(s for s in SCENARIOS if s.name == name)
    found = rates(scenario, 60)
    assert found.lucky == 0
    assert found.unstable > 0


def test_a_test_without_correction_would_err() -> None:
    """What the rates would say of it: of 10 variants without effect one often looks like one."""
    scenario = next(s for s in SCENARIOS if s.name == "no effect, 10 variants")
    wrong = 0
    for key in range(60):
        held = contrasts_of(samples(scenario.study(key)))
        found = [c for name, c in held.items() if c and name != "base"]
        wrong += any(st.difference_p(c.mean, c.noise) <= st.ALPHA for c in found)
    assert wrong / 60 > 0.15


def test_seeds_alone_would_err_where_the_text_is_noisy() -> None:
    scenario = next(s for s in SCENARIOS if s.name == "text twice as noisy as 5 seeds, 20 seeds")
    seeds_alone = both = 0
    for key in range(60):
        found = contrasts_of(samples(scenario.study(key)))["v0"]
        assert found is not None
        alone = st.noise_of(found.pairs.differences)
        seeds_alone += st.difference_p(found.mean, alone) <= st.alpha_at(1)
        both += st.difference_p(found.mean, found.noise) <= st.alpha_at(1)
    assert seeds_alone > 30
    assert both < 10
