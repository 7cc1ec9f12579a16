"""Classes on simulated journals, whose truth is known."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

from cellsearch.record import StudyLine
from cellsearch.report import statistics as st
from cellsearch.report import verdict as verdict_rows
from cellsearch.report.statistics import alpha_at
from cellsearch.report.verdicts.classes import classify, contrasts_of
from cellsearch.report.verdicts.findings import Class, Findings, Rules
from cellsearch.report.verdicts.judge import judge
from cellsearch.report.verdicts.words import MINUS
from cellsearch.store import read
from cellsearch.testing.draws import draw, samples
from cellsearch.testing.journals import lines, write_journal
from cellsearch.testing.simulation import Arm, Simulation


def _judge(folder: Path, *arms: Arm, **settings: object) -> Findings:
    simulation = Simulation(arms=(Arm("base"), *arms), **settings)  # type: ignore[arg-type]
    return judge(read(write_journal(simulation, folder)))


def _kinds(findings: Findings) -> dict[str, Class]:
    return {name: verdict.kind for name, verdict in findings.verdicts.items()}


def test_each_class_where_the_truth_is_plain(tmp_path: Path) -> None:
    found = _judge(
        tmp_path,
        Arm("much_better", effect=-0.2),
        Arm("much_worse", effect=0.2),
        Arm("the_same", noise=0.002),
        Arm("a_little_better", effect=-0.035, noise=0.03),
        Arm("noisy", effect=0.05, noise=0.2),
        seeds=8,
        noise=0.002,
        key=9,
    )
    assert _kinds(found) == {
        "base": Class.BASE,
        "much_better": Class.BETTER,
        "much_worse": Class.WORSE,
        "the_same": Class.EQUIVALENT,
        "a_little_better": Class.NOT_WORSE,
        "noisy": Class.INCONCLUSIVE,
    }
    assert found.verdicts["noisy"].settle is not None
    assert found.verdicts["much_worse"].settle is None


def test_survivors_are_never_better(tmp_path: Path) -> None:
    found = _judge(tmp_path, Arm("lucky", effect=-0.5, diverged=(1, 3)), seeds=5)
    lucky = found.verdicts["lucky"]
    assert lucky.kind is Class.UNSTABLE
    assert lucky.raw is lucky.adjusted is None
    assert lucky.stability is not None
    assert (lucky.stability.diverged, lucky.stability.of) == (2, 5)
    # Three better, two worse because diverged.
    assert lucky.stability.sign_p == pytest.approx(1.0)
    row = verdict_rows(found.journal)[1]
    assert (row.kind, row.interval, row.simultaneous) == ("unstable 2/5", "–", "–")
    assert row.change.startswith("[−") and row.change.endswith("%]")


def test_a_straggler_makes_a_variant_unstable_and_is_named(tmp_path: Path) -> None:
    arms = (Arm("far", effect=-0.1, straggling=0.15), Arm("other"))
    found = _judge(tmp_path, *arms, seeds=10, key=0)
    far = found.verdicts["far"]
    assert far.kind is Class.UNSTABLE
    assert far.raw is far.adjusted is None
    assert far.estimate is not None and len(far.estimate.stragglers) == 2
    row = verdict_rows(found.journal)[1]
    assert (row.kind, row.diverged, row.interval) == ("unstable 2/10", 0, "–")
    assert row.change.startswith("[")
    said = r"Against the base, seeds \d and \d ended further off than the 8 others allow\."
    assert re.match(said, row.sentence)
    other = found.verdicts["other"]
    assert other.raw is not None and other.adjusted is not None
    assert other.adjusted.difference == pytest.approx(min(1.0, 2 * other.raw.difference))


def test_the_noise_of_the_text_widens_the_interval(tmp_path: Path) -> None:
    found = _judge(tmp_path, Arm("rough", text=0.02), Arm("smooth"), seeds=10, key=1)
    noise = {name: v.estimate.noise for name, v in found.verdicts.items() if v.estimate}
    assert noise["rough"].text is not None
    assert noise["rough"].text == pytest.approx(0.02, rel=0.5)
    assert noise["rough"].error > 2 * noise["rough"].seeds
    assert noise["smooth"].error < 1.5 * noise["smooth"].seeds


def test_no_verdicts_where_the_base_diverges(tmp_path: Path) -> None:
    arms = (Arm("base", diverged=(0,)), Arm("worse", effect=1.0), Arm("gone", diverged=(2,)))
    found = judge(read(write_journal(Simulation(arms=arms), tmp_path)))
    for name in ("worse", "gone"):
        assert found.verdicts[name].kind is Class.NONE
        assert found.verdicts[name].adjusted is None
        assert found.verdicts[name].reason == "the base diverged on 1 of 5 seeds"


def test_fewer_than_two_pairs_get_no_test(tmp_path: Path) -> None:
    found = _judge(
        tmp_path, Arm("late", waiting=(1, 2, 3, 4)), Arm("never", waiting=tuple(range(5)))
    )
    for name in ("late", "never"):
        verdict = found.verdicts[name]
        assert verdict.kind is Class.NONE
        assert verdict.estimate is verdict.raw is None
        assert verdict.reason == "fewer than 2 seeds are done for both it and the base"
    assert found.verdicts["never"].stability is None


def test_missing_seeds_are_counted_and_said(tmp_path: Path) -> None:
    found = _judge(tmp_path, Arm("crashed", effect=0.3, failed=(2,)))
    row = verdict_rows(found.journal)[1]
    assert row.seeds == "4 of 5"
    assert row.sentence.endswith("1 seed of 5 without a result.")
    assert found.verdicts["crashed"].estimate is not None
    assert found.verdicts["crashed"].estimate.seeds == (0, 1, 3, 4)


def test_a_mirror_is_a_mirror_whatever_was_seen(tmp_path: Path) -> None:
    found = _judge(tmp_path, Arm("flipped", effect=0.3, mirror_of="base"), Arm("other"))
    flipped = found.verdicts["flipped"]
    assert flipped.kind is Class.MIRROR
    assert flipped.adjusted is None
    assert found.rules.contrasts == ("other",)
    assert found.alarms == (flipped,)


def test_a_mirror_of_another_variant_is_held_against_that_one(tmp_path: Path) -> None:
    found = _judge(
        tmp_path, Arm("gru", effect=-0.3), Arm("flipped", effect=-0.3, mirror_of="gru"), key=1
    )
    assert found.verdicts["flipped"].twin == "gru"
    assert found.alarms == ()


def test_a_mirror_of_a_cell_that_did_not_run_raises_no_alarm(tmp_path: Path) -> None:
    found = _judge(tmp_path, Arm("flipped", effect=0.5, mirror_of="elsewhere"))
    assert found.verdicts["flipped"].twin is None
    assert found.alarms == ()


def test_a_mirror_that_diverges_stays_a_mirror_and_says_so(tmp_path: Path) -> None:
    found = _judge(tmp_path, Arm("flipped", mirror_of="base", diverged=(0, 1, 2, 3)), seeds=8)
    flipped = found.verdicts["flipped"]
    row = verdict_rows(found.journal)[1]
    assert flipped.kind is Class.MIRROR
    assert row.sentence.endswith("4 of 8 seeds diverged.")
    assert (row.change[0], row.interval) == ("[", "–")
    assert flipped.stability is not None
    assert flipped.twin_p == flipped.stability.sign_p


def test_a_placebo_stands_outside_the_families(tmp_path: Path) -> None:
    alone = _judge(tmp_path / "a", Arm("other", effect=0.02))
    beside = _judge(tmp_path / "b", Arm("other", effect=0.02), Arm("placebo", placebo=True))
    assert beside.verdicts["placebo"].kind is Class.PLACEBO
    assert alone.rules.level == beside.rules.level == 1 - alpha_at(1)


def test_an_identical_variant_has_no_results_but_its_own(tmp_path: Path) -> None:
    """With other names of weights its draws are others; what has not run is not the base's."""
    found = _judge(tmp_path, Arm("again", identical_to="base", waiting=tuple(range(5))))
    again = found.verdicts["again"]
    assert again.kind is Class.IDENTICAL
    assert again.sample.missing == 5
    assert again.estimate is None


def test_a_mirror_trained_at_another_rate_is_a_contrast(tmp_path: Path) -> None:
    found = _judge(tmp_path, Arm("fast", effect=0.3, mirror_of="base", learning_rate=0.01))
    assert found.verdicts["fast"].kind is Class.WORSE
    assert found.rules.contrasts == ("fast",)
    assert found.alarms == ()


def test_an_edited_cell_of_the_library_is_nobodys_twin(tmp_path: Path) -> None:
    """It bears the library's name, as the mirror itself does; only the cell as it stands counts."""
    arms = (Arm("base"), Arm("edited", effect=0.5), Arm("flipped", mirror_of="gru"), Arm("plain"))
    study = next(iter(lines(Simulation(arms=arms))))
    assert isinstance(study, StudyLine)
    flipped = study.variants[2]
    assert _planned(study, edited="gru", flipped="gru").twin(flipped) is None
    assert _planned(study, edited="gru", plain="gru", as_it_is="plain").twin(flipped) == "plain"


def _planned(study: StudyLine, as_it_is: str = "", **cells: str) -> StudyLine:
    """The plan with these variants made from these cells; `as_it_is` without an edit."""
    own = {
        name: variant.model_copy(
            update={"cell": cells.get(name), "edits": () if name == as_it_is else variant.edits}
        )
        for name, variant in study.spec.variants.items()
    }
    named = [v.model_copy(update={"cell_name": cells.get(v.name, "lstm")}) for v in study.variants]
    spec = study.spec.model_copy(update={"variants": own})
    return study.model_copy(update={"spec": spec, "variants": tuple(named)})


@pytest.mark.parametrize("variant", [Arm("v", placebo=True), Arm("v", mirror_of="base")])
def test_a_control_says_how_likely_its_difference_is(tmp_path: Path, variant: Arm) -> None:
    sentence = verdict_rows(_judge(tmp_path, variant).journal)[1].sentence
    assert re.search(r"any difference should be chance \(p = 0\.\d{3}\)\.$", sentence)


def test_nothing_is_said_of_survivors_where_there_are_none(tmp_path: Path) -> None:
    row = verdict_rows(_judge(tmp_path, Arm("v", diverged=tuple(range(5)))).journal)[1]
    assert row.sentence == "5 of 5 seeds diverged (95%: 57% to 100%)."


def test_two_seeds_far_apart_still_have_a_verdict(tmp_path: Path) -> None:
    """With one degree of freedom and many contrasts an interval is longer than a float can say."""
    arms = (Arm("torn", noise=3.0), *(Arm(f"v{k}") for k in range(20)))
    found = _judge(tmp_path, *arms, seeds=2, looks=(), key=1)
    looked = dataclasses.replace(found.journal, planned=tuple(range(1, 10)))
    row = verdict_rows(looked)[1]
    assert row.kind == "inconclusive"
    assert row.simultaneous == f"{MINUS}100.0% to over +1000%"


def test_the_family_is_the_planned_one(tmp_path: Path) -> None:
    """A contrast that cannot be tested stays, so that dropping seeds never sharpens the others."""
    tested = Arm("tested", effect=0.02)
    found = _judge(tmp_path, tested, Arm("gone", diverged=(0,)), Arm("late", waiting=(0, 1, 2, 3)))
    verdict = found.verdicts["tested"]
    assert verdict.raw is not None and verdict.adjusted is not None
    assert verdict.adjusted.difference == pytest.approx(min(1.0, 3 * verdict.raw.difference))
    assert found.rules.level == pytest.approx(1 - alpha_at(1) / 3)


def test_every_look_costs_its_share_of_alpha(tmp_path: Path) -> None:
    found = _judge(tmp_path, Arm("variant"), seeds=3, looks=(5, 8))
    assert found.rules.looks == 3
    assert found.rules.alpha == alpha_at(3)
    assert found.rules.level == pytest.approx(1 - alpha_at(3))
    estimate = found.verdicts["variant"].estimate
    assert estimate is not None and len(estimate.seeds) == 8


def test_a_look_can_take_a_verdict_back(tmp_path: Path) -> None:
    settings: dict[str, object] = {"noise": 0.01, "key": 17}
    arm = Arm("variant", effect=0.02)
    once = _judge(tmp_path / "once", arm, seeds=8, **settings).verdicts["variant"]
    often = _judge(tmp_path / "often", arm, seeds=2, looks=(3, 4, 5, 6, 8), **settings)
    assert once.raw == often.verdicts["variant"].raw
    assert once.raw is not None and alpha_at(6) < once.raw.difference < alpha_at(1)
    assert once.kind is Class.WORSE
    assert often.verdicts["variant"].kind is not Class.WORSE


def test_a_real_difference_within_the_margin_is_said_to_be_both(tmp_path: Path) -> None:
    found = _judge(tmp_path, Arm("variant", effect=0.01), seeds=40, noise=0.004)
    assert found.verdicts["variant"].kind is Class.WORSE
    assert "within the margin of 3%" in verdict_rows(found.journal)[1].sentence


def test_loss_of_the_worst_seeds_never_makes_a_variant_better() -> None:
    """Under a true null, a test of the best six of ten would claim "better" every other time."""
    studies, lucky = 80, 0
    rules = Rules(alpha=0.05, looks=1, margin=0.03, contrasts=("variant",))
    for key in range(studies):
        losses = draw(Simulation(key=key), 10).losses
        worst = tuple(np.argsort(losses[1] - losses[0])[6:].tolist())
        seen = samples(Simulation(arms=(Arm("base"), Arm("variant", diverged=worst)), key=key), 10)
        held = contrasts_of(seen)
        assert classify(seen, held, rules)["variant"].kind is Class.UNSTABLE
        survivors = held["variant"]
        assert survivors is not None
        lucky += st.t_interval(survivors.mean, survivors.noise, 0.95).high < 0
    assert lucky > 0.3 * studies


def test_the_seeds_of_a_row_are_the_pairs_that_it_rests_on(tmp_path: Path) -> None:
    arms = (Arm("base", failed=(0, 1, 2)), Arm("v", failed=(3, 4, 5)), Arm("whole"))
    journal = read(write_journal(Simulation(arms, seeds=8), tmp_path))
    assert [row.seeds for row in verdict_rows(journal)] == ["5 of 8", "2 of 8", "5 of 8"]


def test_beside_survivors_of_the_base_no_number_stands_for_all_seeds(tmp_path: Path) -> None:
    arms = (Arm("base", diverged=(0, 1)), Arm("m", mirror_of="base"), Arm("v"))
    journal = read(write_journal(Simulation(arms, seeds=6), tmp_path))
    for row in verdict_rows(journal)[1:]:
        assert row.change.startswith("[") and row.interval == row.simultaneous == "–"
