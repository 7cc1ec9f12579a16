"""Error rates of the verdict, by the very functions that judge, over a few studies of each kind.

`benchmarks/verdict_errors.py` does the same over ten thousand of each.
"""

from __future__ import annotations

import math

import pytest

from cellsearch.report import statistics as st
from cellsearch.report.verdicts.classes import contrasts_of
from cellsearch.testing.draws import samples
from cellsearch.testing.rates import rates
from cellsearch.testing.scenarios import SCENARIOS, Scenario
from cellsearch.testing.shares import one_in

STUDIES = 100


@pytest.mark.parametrize(
    "scenario", one_in(4, [s for s in SCENARIOS if s.assumed]), ids=lambda s: s.name
)
def test_no_family_errs_more_often_than_allowed(scenario: Scenario) -> None:
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
