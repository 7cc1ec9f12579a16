"""Recordings change nothing of a trial, and go on from a checkpoint as it does."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cellsearch.config import KINDS
from cellsearch.recorded import Wanted, from_bytes
from cellsearch.recordings import Recorder
from cellsearch.report.data.recordings import _recordings as read_by_reports
from cellsearch.report.figures import inside
from cellsearch.train import Cancelled, train
from cellsearch.train.trainer import Trainer

SETTINGS = {
    "two layers, dropout": {
        "cell": "lstm",
        "model": {"layers": 2, "dropout": {"embedding": 0.1, "between": 0.2, "output": 0.1}},
        "train": {"tokens": 1500},
    },
    "compiled": {"cell": "gru", "backend": "cpu"},
}
TEXT = "grammar:train=4000,valid=2000,test=600"


@pytest.fixture(autouse=True)
def briefly(monkeypatch):
    """Of what is recorded at the end, little."""
    monkeypatch.setattr("cellsearch.recordings.units.STEPS", 40)
    monkeypatch.setattr("cellsearch.recordings.samples.LENGTH", 20)


def findings(outcome):
    return outcome.model_dump(exclude={"times", "where"})


def planned(trial, name):
    settings = SETTINGS[name]
    return trial(**settings, task={"corpus": TEXT})


@pytest.mark.parametrize("name", SETTINGS)
def test_a_trial_that_is_recorded_ends_with_the_same_bits(trial, tmp_path, name):
    one = planned(trial, name)
    before = torch.get_rng_state()
    recorded = train(one, recordings=Wanted(KINDS, tmp_path / "r"), weights=tmp_path / "a")
    assert torch.equal(before, torch.get_rng_state())
    plain = train(one, weights=tmp_path / "b")
    assert recorded.status == "done"
    assert findings(recorded) == findings(plain)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert recorded.times["record"] > 0
    assert "record" not in plain.times


def test_an_interrupted_trial_leaves_the_same_recordings(trial, tmp_path):
    one = planned(trial, "compiled")
    kinds = ("gates", "states", "samples")
    train(one, recordings=Wanted(kinds, tmp_path / "whole"))
    # Between the points of 10% and 30%, and between those of 30% and the end.
    for updates in (10, 30):
        left = iter(range(updates))
        with pytest.raises(Cancelled):
            train(
                one,
                checkpoint=tmp_path / "c",
                cancelled=lambda left=left: next(left, None) is None,
                recordings=Wanted(kinds, tmp_path / "parts"),
            )
        assert not (tmp_path / "parts").exists()
    train(one, checkpoint=tmp_path / "c", recordings=Wanted(kinds, tmp_path / "parts"))
    assert (tmp_path / "parts").read_bytes() == (tmp_path / "whole").read_bytes()


def test_points_are_before_the_first_update_at_a_tenth_at_three_and_at_the_end(trial, tmp_path):
    one = planned(trial, "compiled")
    train(one, recordings=Wanted(("gates",), tmp_path / "r"))
    arrays, facts = from_bytes((tmp_path / "r").read_bytes())
    per_step = one.train.batch * one.train.segment
    steps = -(-one.train.tokens // per_step)
    assert facts.points == tuple(per_step * -(-steps * k // 10) for k in (0, 1, 3, 10))
    assert facts.gates == ("r", "z")
    assert {name.partition("/")[0] for name in arrays} == {"gates"}


def test_kinds_that_are_asked_for_later_begin_there(trial, tmp_path):
    one = planned(trial, "compiled")
    left = iter(range(10))
    with pytest.raises(Cancelled):
        train(
            one,
            checkpoint=tmp_path / "c",
            cancelled=lambda: next(left, None) is None,
            recordings=Wanted(("gates",), tmp_path / "r"),
        )
    train(one, checkpoint=tmp_path / "c", recordings=Wanted(("gates", "states"), tmp_path / "r"))
    arrays, facts = from_bytes((tmp_path / "r").read_bytes())
    assert len(facts.points) == 4
    for name, array in arrays.items():
        is_there = np.isfinite(array).reshape(4, -1)
        want = [True] * 4 if name.startswith("gates/") else [False, False, True, True]
        assert is_there.all(1).tolist() == is_there.any(1).tolist() == want


def gates_from_the_middle(one, before):
    """What is recorded of a trial of which other kinds were asked for in its first half."""
    first, later = Trainer(one, before), Trainer(one, ("gates",))
    while first.step < first.steps // 2:
        first.advance()
    later.restore(first.snapshot())
    while later.step < later.steps:
        later.advance()
    return from_bytes(later.recordings(whole=True))


def test_a_trial_that_is_recorded_from_its_middle_has_no_numbers_before(trial):
    arrays, facts = gates_from_the_middle(planned(trial, "compiled"), ())
    assert (len(facts.points), facts.points[0]) == (4, 0)
    for array in arrays.values():
        assert np.isfinite(array).reshape(4, -1).all(1).tolist() == [False] * 3 + [True]


def test_kinds_that_are_asked_for_no_more_are_not_there(trial):
    arrays, facts = gates_from_the_middle(planned(trial, "compiled"), ("gates", "states"))
    assert len(facts.points) == 4
    assert {name.partition("/")[0] for name in arrays} == {"gates"}
    assert not facts.states


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_alone_can_be_read(trial, tmp_path, kind):
    train(planned(trial, "compiled"), recordings=Wanted((kind,), tmp_path / "r"))
    found = read_by_reports(*from_bytes((tmp_path / "r").read_bytes()))
    there = {
        "flow": found.flow is not None,
        "gates": bool(found.gates),
        "states": bool(found.states),
        "units": bool(found.units),
        "samples": found.samples is not None,
    }
    assert [name for name, is_there in there.items() if is_there] == [kind]
    assert inside.of_seeds([inside.Shown("v", "base", 0, found)]) == "seed 0"


@pytest.mark.parametrize("before", [(), ("gates",)])
def test_what_was_asked_for_too_late_is_not_there(trial, tmp_path, before):
    one = planned(trial, "compiled")
    first = Trainer(one, before)
    for _ in range(first.steps // 2):
        first.advance()
    later = Trainer(one, ("flow", "gates", "states"))
    later.restore(first.snapshot())
    later.advance()
    # As where it diverges now.
    found = read_by_reports(*from_bytes(later.recordings(whole=False)))
    assert found.flow is None
    assert not found.states
    assert [gate.name for gate in found.gates] == (["r", "z"] if before else [])


def test_a_recording_that_fails_costs_the_trial_nothing(trial, tmp_path, monkeypatch):
    one = planned(trial, "compiled")
    plain = train(one)
    monkeypatch.setattr(Recorder, "content", lambda self, *, whole: 1 / 0)
    outcome = train(one, recordings=Wanted(KINDS, tmp_path / "r"))
    assert outcome.warnings == (
        *plain.warnings,
        "not recorded: ZeroDivisionError: division by zero",
    )
    assert outcome.metrics == plain.metrics
    assert not (tmp_path / "r").exists()


def test_what_went_wrong_is_known_after_a_checkpoint(trial, tmp_path, monkeypatch):
    one = planned(trial, "compiled")
    left = iter(range(10))
    with monkeypatch.context() as broken, pytest.raises(Cancelled):
        broken.setattr(Recorder, "look", lambda self, step: [][step])
        train(
            one,
            checkpoint=tmp_path / "c",
            cancelled=lambda: next(left, None) is None,
            recordings=Wanted(("gates",), tmp_path / "r"),
        )
    outcome = train(one, checkpoint=tmp_path / "c", recordings=Wanted(("gates",), tmp_path / "r"))
    assert outcome.status == "done"
    assert outcome.warnings[-1] == "not recorded: IndexError: list index out of range"
    assert not (tmp_path / "r").exists()


def test_a_trial_that_diverges_leaves_its_points(trial, tmp_path):
    one = trial(
        cell="rnn_exploding",
        task={"corpus": TEXT},
        train={"optimizer": {"learning_rate": 3.0}, "clip": None},
    )
    outcome = train(one, recordings=Wanted(KINDS, tmp_path / "r"))
    assert outcome.status == "diverged"
    _, facts = from_bytes((tmp_path / "r").read_bytes())
    assert facts.points[0] == 0
    assert facts.units is None
    assert facts.states[0].high is None


def test_words_have_no_units_that_track_characters(trial, tmp_path):
    one = trial(task={"corpus": TEXT.replace("2000", "6000"), "level": "word"})
    assert train(one, recordings=Wanted(("units", "samples"), tmp_path / "r")).status == "done"
    arrays, facts = from_bytes((tmp_path / "r").read_bytes())
    assert facts.units is not None
    assert facts.samples is not None
    assert facts.units.skipped == {"all": "its tokens are words"}
    assert not arrays


def test_a_text_that_is_too_short_is_named(trial, tmp_path):
    from cellsearch.errors import DataError

    with pytest.raises(DataError, match=r"validation text has 700 .* recordings needs at least"):
        train(trial(), recordings=Wanted(KINDS, tmp_path / "r"))


def test_a_shut_update_gate_passes_the_gradient_straight_through(trial, tmp_path):
    train(planned(trial, "compiled"), recordings=Wanted(("flow",), tmp_path / "r"))
    arrays, facts = from_bytes((tmp_path / "r").read_bytes())
    assert facts.held == ("r", "z")
    # h' = (1 - z) * n + z * h
    np.testing.assert_array_equal(arrays["flow/held/z"][1], 1)
    assert arrays["flow/held/z"][0][-1] < 1e-3
