"""A tuned study on the command line: dry run, tuning alone, confirm, stop after a time, watch."""

import json
import re
import shutil
import subprocess
import sys
import time

import pytest

from cellsearch import store
from cellsearch.sweep.executors.inline import InlineExecutor
from cellsearch.sweep.planning import files
from cellsearch.sweep.run import Means, sweep
from cellsearch.testing.executors import TRAINER

TUNE = """
tune:
  trials: 3
  proposer: sobol
  tokens: 800
  space:
    train.optimizer.learning_rate: {low: 1.0e-3, high: 3.0e-2, log: true}
"""


@pytest.fixture(scope="module")
def file(tiny, tmp_path_factory):
    path = tmp_path_factory.mktemp("tuned") / "tuned.yaml"
    text = tiny.read_text().replace("name: tiny", "name: tuned")
    variants = "  rnn: {cell: rnn}\n  coupled: {with: f = 1 - i}\n"
    path.write_text(text.replace("variants:\n", f"variants:\n{variants}") + TUNE)
    return path


@pytest.fixture(scope="module")
def tuned(call, file, tmp_path_factory):
    """A study that is tuned and not compared; and what the sweep said."""
    folder = tmp_path_factory.mktemp("results") / "tuned"
    said = call("sweep", file, "--results", folder, "--executor", "inline", "--set", "seeds=0")
    return folder, said


def test_a_dry_run_says_what_and_how_long(call, file, tmp_path):
    said = call("sweep", file, "--results", tmp_path / "r", "--dry-run", "--executor", "inline")
    assert "3 settings, the same for every variant:" in said.stdout
    assert "    2  optimizer.learning_rate 0.0" in said.stdout
    assert "20 trials (12 of the tuning, 8 of the comparison)" in said.stdout
    assert "device-hours" in said.stdout
    assert "what 2 seeds and 3 contrasts can show is not known" in said.stdout
    assert not (tmp_path / "r").exists()


def test_a_tuning_alone_says_what_it_chose(tuned):
    folder, said = tuned
    assert "tuned: tuned, not compared" in said.stdout
    assert f"cellsearch confirm {folder} --executor inline --top K --seeds N" in said.stdout
    assert "coupled, setting 2 (optimizer.learning_rate 0.0" in said.stderr
    assert "base: chosen is setting" in said.stderr
    assert store.read(folder).trials == ()


def test_the_best_are_confirmed(call, tuned, tmp_path):
    folder = shutil.copytree(tuned[0], tmp_path / "copy")
    call("confirm", folder, "--top", "1", "--seeds", "2", "--executor", "inline")
    journal = store.read(folder)
    losses = {n: c.valid_loss for n, c in journal.choices.items() if n != "base"}
    best = min(losses, key=losses.get)
    assert {(t.variant, t.seed) for t in journal.trials} == {
        (v, s) for v in ("base", best) for s in (0, 1)
    }
    assert journal.looks == 1
    assert "verdict" in call("resume", folder, "--executor", "inline").stdout
    said = call("confirm", folder, "--top", "1", "--seeds", "2", code=2)
    assert "its comparison has 2 seeds" in said.stderr
    call("resume", folder, "--set", "seeds=3", "--executor", "inline")
    assert (len(store.read(folder).trials), store.read(folder).looks) == (6, 2)


def test_what_cannot_be_confirmed(call, study, tuned, tmp_path):
    said = call("confirm", study[0], "--top", "1", "--seeds", "2", code=2)
    assert "was not tuned, so there is no best to confirm" in said.stderr
    lines = (tuned[0] / store.NAME).read_bytes().splitlines(keepends=True)
    (tmp_path / store.NAME).write_bytes(b"".join(lines[:5]))
    said = call("confirm", tmp_path, "--top", "1", "--seeds", "2", code=2)
    assert "its tuning is not finished; `resume` goes on with it" in said.stderr


def test_time_that_is_up_stops_cleanly(call, call_json, file, tmp_path):
    arguments = ("--results", tmp_path / "s", "--executor", "inline")
    long = ("--set", "train.tokens=400000", "--set", "tune.tokens=400000")
    said = call("sweep", file, *arguments, *long, "--max-hours", "0.0005", code=130)
    way = "--executor inline --max-hours 0.0005"
    assert f"go on with: cellsearch resume {tmp_path / 's'} {way}\n" in said.stderr
    found = call_json("status", tmp_path / "s")
    assert (found["planned"], found["running"]) == (20, 0)
    assert 10 < found["waiting"] <= 20
    assert (found["tuning"]["planned"], found["comparison"]["planned"]) == (12, 8)
    said = call("status", tmp_path / "s").stdout
    assert re.search(r"^ +all +tuning +comparison\nplanned +20 +12 +8$", said, re.MULTILINE)


def test_status_is_watched_from_elsewhere(call, file, tmp_path):
    folder = tmp_path / "s"
    command = [sys.executable, "-m", "cellsearch.cli", "sweep", file, "--results", folder]
    alone = ["--set", "variants={}", "--set", "seeds=0", "--workers", "1"]
    sweep = subprocess.Popen([*command, *alone], stderr=subprocess.DEVNULL)
    try:
        while not (folder / "running.json").exists():
            assert sweep.poll() is None
            time.sleep(0.05)
        said = call("status", folder, "--watch")
    finally:
        sweep.kill()
        sweep.wait()
    assert re.search(r"^done +3 +3 +0$", said.stdout, re.MULTILINE)


def test_what_is_said_of_failures_can_be_done(call, file, tmp_path):
    """Of what failed in the tuning nothing is tried again: the choice is made."""
    spec = files.load(file, ["variants={raises: {with: i = 1}}", "seeds=0"])
    sweep(spec, tmp_path, Means(InlineExecutor(trainer=TRAINER)))
    said = call("resume", tmp_path, code=3).stdout
    assert "of the tuning 3 failed; what was chosen rests on that" in said
    assert "--retry" not in said


@pytest.mark.slow
def test_what_failed_in_the_comparison_can_be_tried_again(call, file, tmp_path):
    spec = files.load(file, ["variants={raises: {with: i = 1}}"])
    sweep(spec, tmp_path, Means(InlineExecutor(trainer=TRAINER), measure=lambda *_: []))
    said = call("resume", tmp_path, "--workers", 1, code=3).stdout
    resume = f"cellsearch resume {tmp_path} --workers 1"
    assert f"try the 2 failed again: {resume} --retry failed" in said
    assert "of the tuning 3 failed; what was chosen rests on that" in said


def test_kinds_to_retry_are_checked(call, study):
    said = call("resume", study[0], "--retry", "omo", code=2)
    assert "'omo' is no kind of failure; nearest is 'oom'; expected failed, oom" in said.stderr
    # That is a result.
    assert "no kind of failure" in call("resume", study[0], "--retry", "diverged", code=2).stderr
    # Nothing failed, so nothing is tried again.
    assert "all 4 trials are on record" in call("resume", study[0], "--retry", "oom").stderr


def test_optunas_storage_stands_beside_the_journal(tuned):
    assert (tuned[0] / "optuna.db").exists()
    lines = (tuned[0] / store.NAME).read_text().splitlines()
    assert [json.loads(line)["kind"] for line in lines].count("choice") == 4
