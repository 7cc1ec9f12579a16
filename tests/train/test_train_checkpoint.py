import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from cellsearch.train import checkpoint, train
from cellsearch.train.checkpoint import Snapshot
from cellsearch.train.trainer import Trainer


def snapshot(number):
    tensors = {
        "model.w": torch.full((3, 2), number),
        "optimizer.0.step": torch.tensor(number),
        "states.0": torch.full((1, 2), number, dtype=torch.float64),
    }
    return Snapshot(tensors, {"step": int(number), "sum": number / 3})


def same(got, expected):
    return (
        got is not None
        and got.facts == expected.facts
        and got.tensors.keys() == expected.tensors.keys()
        and all(torch.equal(v, expected.tensors[k]) for k, v in got.tensors.items())
    )


def test_a_moment_comes_back_whole(trial, tmp_path):
    checkpoint.save(tmp_path / "deep" / "c", trial(), snapshot(7.5))
    assert same(checkpoint.load(tmp_path / "deep" / "c", trial()), snapshot(7.5))


def test_only_the_last_moment_stays(trial, tmp_path):
    for number in (1.0, 2.0, 3.0):
        checkpoint.save(tmp_path, trial(), snapshot(number))
    assert same(checkpoint.load(tmp_path, trial()), snapshot(3.0))
    assert len(list(tmp_path.iterdir())) == 2


def test_a_checkpoint_of_another_trial_counts_as_none(trial, tmp_path):
    checkpoint.save(tmp_path, trial(), snapshot(1.0))
    assert checkpoint.load(tmp_path, trial(seed=1)) is None
    assert checkpoint.load(tmp_path, trial(train={"clip": 2.0})) is None
    assert checkpoint.load(tmp_path, trial(variant="another label")) is not None
    assert checkpoint.load(tmp_path, trial(train={"checkpoint_seconds": 7.0})) is not None


def test_no_checkpoint_is_none(trial, tmp_path):
    assert checkpoint.load(tmp_path, trial()) is None
    assert checkpoint.load(tmp_path / "missing", trial()) is None


def damage(content, how):
    match how:
        case "empty":
            return b""
        case "torn":
            return content[: len(content) // 2]
        case "flipped":
            # The last byte is a number's, which no parser would miss.
            return content[:-1] + bytes([content[-1] ^ 1])
        case "other":
            return b'["a list"]'
    raise AssertionError(how)


@pytest.mark.parametrize("how", ["empty", "torn", "flipped", "other"])
def test_damaged_tensors_count_as_none(trial, tmp_path, how):
    checkpoint.save(tmp_path, trial(), snapshot(1.0))
    (path,) = tmp_path.glob("*.safetensors")
    path.write_bytes(damage(path.read_bytes(), how))
    assert checkpoint.load(tmp_path, trial()) is None


@pytest.mark.parametrize("how", ["empty", "torn", "other"])
def test_damaged_facts_count_as_none(trial, tmp_path, how):
    checkpoint.save(tmp_path, trial(), snapshot(1.0))
    path = tmp_path / "checkpoint.json"
    path.write_bytes(damage(path.read_bytes(), how))
    assert checkpoint.load(tmp_path, trial()) is None


def test_any_other_character_in_the_facts_counts_as_none(trial, tmp_path):
    checkpoint.save(tmp_path, trial(), snapshot(1.0))
    path = tmp_path / "checkpoint.json"
    content = path.read_bytes()
    for at in range(len(content)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert checkpoint.load(tmp_path, trial()) is None


def test_another_format_counts_as_none(trial, tmp_path):
    checkpoint.save(tmp_path, trial(), snapshot(1.0))
    path = tmp_path / "checkpoint.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 0}))
    assert checkpoint.load(tmp_path, trial()) is None


def test_training_begins_anew_on_a_damaged_checkpoint(trial, tmp_path):
    (tmp_path / "checkpoint.json").write_text("{")
    assert train(trial(), checkpoint=tmp_path).metrics == train(trial()).metrics


class Killed(BaseException):
    """As good as kill -9 for what is on the disk: nothing after it is done."""


def dying_at(monkeypatch, call):
    """Let nothing be done on the disk from the operation of this number (from 0) on."""
    calls = iter(range(call))

    def dying(original):
        def run(*args, **kwargs):
            if next(calls, None) is None:
                raise Killed
            return original(*args, **kwargs)

        return run

    for owner, name in [(os, "fsync"), (Path, "replace"), (Path, "unlink"), (Path, "open")]:
        monkeypatch.setattr(owner, name, dying(getattr(owner, name)))


@pytest.mark.parametrize("call", range(12))
def test_the_old_or_the_new_moment_survives_a_death_at_any_operation(
    trial, tmp_path, monkeypatch, call
):
    planned = trial()
    checkpoint.save(tmp_path, planned, snapshot(1.0))
    died = False
    with monkeypatch.context() as patch:
        dying_at(patch, call)
        try:
            checkpoint.save(tmp_path, planned, snapshot(2.0))
        except Killed:
            died = True
    assert died == (call < 9)
    held = checkpoint.load(tmp_path, planned)
    assert same(held, snapshot(1.0)) or same(held, snapshot(2.0))
    # What the death left behind is cleared away by the next save.
    checkpoint.save(tmp_path, planned, snapshot(3.0))
    assert same(checkpoint.load(tmp_path, planned), snapshot(3.0))
    assert len(list(tmp_path.iterdir())) == 2


PROGRAM = """
import sys, torch
from pathlib import Path
from cellsearch.config import TrialConfig
from cellsearch.train import train
trial = TrialConfig.model_validate_json(Path(sys.argv[1]).read_text())
train(trial, checkpoint=Path(sys.argv[2]))
"""


def test_a_trial_that_was_killed_goes_on_to_the_same_bits(trial, tmp_path):
    planned = trial(train={"checkpoint_seconds": 1e-6, "tokens": 6000})
    folder, spec = tmp_path / "c", tmp_path / "trial.json"
    spec.write_text(planned.model_dump_json())
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(spec), str(folder)])
    while not (folder / "checkpoint.json").exists():
        assert process.poll() is None
        time.sleep(0.005)
    time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    held = checkpoint.load(folder, planned)
    assert held is not None
    assert held.facts["step"] >= 1
    assert train(planned, checkpoint=folder).metrics == train(planned).metrics


def test_a_full_disk_is_said_and_costs_only_the_moments_since_the_last_one(
    trial, tmp_path, monkeypatch
):
    planned = trial(train={"checkpoint_seconds": 1e-6})
    with monkeypatch.context() as patch:
        syncs = iter(range(20))

        def full(handle):
            if next(syncs, None) is None:
                raise OSError(errno.ENOSPC, "no space left on device")

        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space left"):
            train(planned, checkpoint=tmp_path)
    assert checkpoint.load(tmp_path, planned).facts["step"] >= 2
    assert train(planned, checkpoint=tmp_path).metrics == train(planned).metrics


def test_nothing_in_a_checkpoint_is_a_view_of_what_trains(trial):
    trainer = Trainer(trial("lstm"))
    trainer.advance()
    other = Trainer(trial("lstm"))
    held = trainer.snapshot()
    other.restore(held)
    kept = {k: v.clone() for k, v in held.tensors.items()}
    other.advance()
    assert all(torch.equal(v, kept[k]) for k, v in held.tensors.items())
