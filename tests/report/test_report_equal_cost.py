"""Learning curves read at equal cost, where the curves are known."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cellsearch.config import ScheduleConfig
from cellsearch.record import Curves
from cellsearch.report.data.along import EqualCost, at_equal_cost
from cellsearch.report.sections import equal_cost
from cellsearch.report.verdicts.findings import Class, Findings
from cellsearch.report.verdicts.judge import judge
from cellsearch.store import read
from cellsearch.testing.journals import write_journal
from cellsearch.testing.simulation import Arm, Simulation

POINTS = (100, 200, 400)
Loss = Callable[[str, int, int], float]


def _findings(folder: Path, loss: Loss, *arms: Arm, seeds: int = 3) -> Findings:
    """A study whose validation losses are known: of a variant and seed after so many tokens."""
    simulation = Simulation(arms=(Arm("base"), *arms), seeds=seeds)
    journal = read(write_journal(simulation, folder))
    trials = []
    for trial in journal.trials:
        valid = tuple(loss(trial.variant, trial.seed, tokens) for tokens in POINTS)
        rest = {"train_loss": valid, "gradient_norm": valid}
        curves = Curves(tokens=POINTS, valid_loss=valid, **rest)
        outcome = trial.outcome.model_copy(update={"curves": curves})
        trials.append(trial.model_copy(update={"outcome": outcome}))
    return judge(replace(journal, trials=tuple(trials)))


def _equal(findings: Findings, **per_token: float) -> EqualCost:
    found = at_equal_cost(findings, per_token)
    assert found is not None
    return found


def test_curves_are_read_at_the_largest_cost_that_all_reach(tmp_path: Path) -> None:
    found = _findings(tmp_path, lambda v, s, n: 4 - n / 200 + s / 10, Arm("cheap"), Arm("dear"))
    equal = _equal(found, base=1.0, cheap=0.5, dear=4.0)
    assert equal.budget == 200
    by_name = {r.name: r for r in equal.readings}
    assert [by_name[n].at for n in ("base", "cheap", "dear")] == [200, 400, 50]
    assert by_name["base"].losses == pytest.approx({0: 3.0, 1: 3.1, 2: 3.2})
    assert by_name["cheap"].losses == pytest.approx({0: 2.0, 1: 2.1, 2: 2.2})
    assert by_name["cheap"].change == pytest.approx(-1.0)
    # No curve is continued to where it has no point.
    assert by_name["dear"].losses == {} and by_name["dear"].change is None


def test_between_two_points_the_loss_is_on_a_straight_line(tmp_path: Path) -> None:
    losses = {100: 3.0, 200: 2.0, 400: 1.0}
    found = _findings(tmp_path, lambda v, s, n: losses[n], Arm("v"))
    equal = _equal(found, base=1.0, v=0.75)
    assert equal.budget == pytest.approx(300)
    assert equal.readings[0].perplexity == pytest.approx(math.exp(1.5))


def test_the_interval_is_of_the_paired_differences(tmp_path: Path) -> None:
    # Seeds are far apart, and move both alike.
    extra = (0.09, 0.10, 0.11)
    found = _findings(tmp_path, lambda v, s, n: 2 + s + (extra[s] if v == "v" else 0), Arm("v"))
    reading = _equal(found, base=1.0, v=1.0).readings[1]
    assert reading.change == pytest.approx(0.1)
    half = 4.302653 * 0.01 / math.sqrt(3)
    assert reading.interval == pytest.approx((0.1 - half, 0.1 + half), rel=1e-6)


def test_a_diverged_seed_is_told_and_leaves_no_change(tmp_path: Path) -> None:
    found = _findings(tmp_path, lambda v, s, n: 2.0, Arm("lost", diverged=(1,)))
    info = equal_cost.info(found)
    assert info.flops is not None
    lost = info.flops.readings[1]
    assert (lost.diverged, sorted(lost.losses), lost.change) == (1, [0, 2], None)
    row = equal_cost.draw(info)[1].rows[1]
    assert row[2:] == ["[7.389]", "–", "–", "2, 1 diverged"]


def test_a_seed_that_ended_far_off_leaves_no_change(tmp_path: Path) -> None:
    found = _findings(tmp_path, lambda v, s, n: 2.0, Arm("v"))
    unstable = replace(found.verdicts["v"], kind=Class.UNSTABLE)
    info = equal_cost.info(replace(found, verdicts={**found.verdicts, "v": unstable}))
    assert equal_cost.draw(info)[1].rows[1][2:] == ["[7.389]", "–", "–", "3, unstable"]


def test_a_variant_all_of_whose_seeds_diverged_stays_and_limits_nobody(tmp_path: Path) -> None:
    found = _findings(tmp_path, lambda v, s, n: 2.0, Arm("v"), Arm("gone", diverged=(0, 1, 2)))
    equal = _equal(found, base=1.0, v=1.0, gone=0.01)
    assert equal.budget == 400
    assert [r.name for r in equal.readings] == ["base", "v", "gone"]
    assert equal.readings[2].perplexity is None


def test_flops_are_those_of_training_the_whole_model(tmp_path: Path) -> None:
    found = _findings(tmp_path, lambda v, s, n: 2.0, Arm("half", size=0.5, speed=2.0))
    info = equal_cost.info(found)
    assert info.flops is not None and info.seconds is not None
    half = found.verdicts["half"].variant.model_flops_forward
    assert info.flops.budget == 400 * 3 * half
    # Half the FLOPs, twice the time: now the base is at its end.
    assert info.seconds.budget == pytest.approx(400 * 12.5e-6)
    assert info.seconds.readings[1].at == pytest.approx(200)


def test_what_a_schedule_does_to_a_curve_is_said(tmp_path: Path) -> None:
    found = _findings(tmp_path, lambda v, s, n: 2.0, Arm("v"))
    assert "was constant" in equal_cost.info(found).schedule
    first, *others = found.journal.trials
    train = first.config.train.model_copy(update={"schedule": ScheduleConfig(name="cosine")})
    falling = first.model_copy(update={"config": first.config.model_copy(update={"train": train})})
    other = replace(found, journal=replace(found.journal, trials=(falling, *others)))
    assert "This does the dearer variants an injustice" in equal_cost.info(other).schedule


@pytest.mark.parametrize(("size", "said"), [(1.005, "equal but for 0.5%"), (0.5, "from 50% to")])
def test_equal_parameters_are_said_or_what_they_would_take(
    tmp_path: Path, size: float, said: str
) -> None:
    found = _findings(tmp_path, lambda v, s, n: 2.0, Arm("v", size=size))
    assert said in equal_cost.info(found).parameters


def test_nothing_is_said_where_nobody_is_beside_the_base(tmp_path: Path) -> None:
    assert equal_cost.draw(equal_cost.info(_findings(tmp_path, lambda v, s, n: 2.0))) == []


def test_a_base_without_parameters_has_nothing_at_equal_ones(tmp_path: Path) -> None:
    found = _findings(tmp_path, lambda v, s, n: 4 - n / 200, Arm("v"))
    none = found.base.variant.cell_cost.model_copy(update={"parameters": 0})
    base = replace(found.base, variant=found.base.variant.model_copy(update={"cell_cost": none}))
    said = equal_cost.info(replace(found, verdicts={**found.verdicts, "base": base}))
    assert "have no parameters" in str(said)
