"""The driver: what it records, how it goes on, what it refuses, what others see meanwhile."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from small_sweep import SMALL, Watcher, config, runs

from cellsearch import store
from cellsearch.errors import CellsearchError, ConfigError, StoreError, TrialError
from cellsearch.store import Journal
from cellsearch.sweep import lock
from cellsearch.sweep.again import of_kinds
from cellsearch.sweep.executors.inline import InlineExecutor
from cellsearch.sweep.executors.process import ProcessExecutor
from cellsearch.sweep.run import Means, resume, sweep
from cellsearch.sweep.watching import running
from cellsearch.sweep.watching.live import Pace
from cellsearch.sweep.watching.running import Moment, Running
from cellsearch.sweep.watching.status import Status, View, status, view
from cellsearch.testing.executors import TRAINER

Fresh = Callable[[], tuple[Means, Watcher]]


def names(journal: Journal) -> list[tuple[str, int]]:
    return [(t.variant, t.seed) for t in journal.trials]


def facts(journal: Journal) -> dict[tuple[str, int], Any]:
    return {(t.variant, t.seed): (t.trial_key, t.outcome.metrics) for t in journal.trials}


def adds_up(s: Status) -> bool:
    return s.planned == s.done + s.diverged + s.pruned + s.failed + s.running + s.waiting


def test_a_sweep_from_file_to_journal(tmp_path: Path, watched: Fresh) -> None:
    means, watcher = watched()
    journal = sweep(config(), tmp_path / "study", means)
    variants = ["base", "no_output_gate", "gru"]
    assert names(journal) == [(v, s) for s in range(2) for v in variants]
    assert {t.outcome.status for t in journal.trials} == {"done"}
    assert [b.variant for b in journal.benches] == variants
    assert status(tmp_path / "study") == Status(planned=6, done=6)
    assert [(line.variant, line.seed) for line in watcher.lines] == names(journal)
    assert all(adds_up(view.status) for view in watcher.views)
    assert any(view.running and view.seconds_left for view in watcher.views)
    assert watcher.views[-1].status == Status(planned=6, done=6)


def test_what_lies_in_a_studys_folder(tmp_path: Path, means: Means) -> None:
    journal = sweep(config(), tmp_path, means)
    held = {p.name for p in tmp_path.iterdir()}
    assert held == {store.NAME, lock.NAME, "weights", "checkpoints"}
    assert list((tmp_path / "checkpoints").iterdir()) == []
    for trial in journal.trials:
        ((path, digest),) = trial.sidecars.items()
        assert hashlib.sha256((tmp_path / path).read_bytes()).hexdigest() == digest


def test_a_finished_study_has_nothing_left(tmp_path: Path, watched: Fresh) -> None:
    first = sweep(config(), tmp_path, watched()[0])
    means, watcher = watched()
    again = sweep(config(), tmp_path, means)
    assert again == first
    assert watcher.lines == []
    assert resume(tmp_path, (), means) == first


def test_seeds_are_added_and_are_a_look(tmp_path: Path, watched: Fresh) -> None:
    first = sweep(config(), tmp_path, watched()[0])
    means, watcher = watched()
    journal = resume(tmp_path, ["seeds=4"], means)
    assert (journal.seeds, journal.looks, first.looks) == (4, 2, 1)
    assert names(journal)[:6] == names(first)
    assert sorted({line.seed for line in watcher.lines}) == [2, 3]
    assert status(tmp_path) == Status(planned=12, done=12)
    with pytest.raises(StoreError, match="has 4 seeds by now, got seeds = 2"):
        resume(tmp_path, ["seeds=2"], means)
    assert resume(tmp_path, [], means).seeds == 4


def test_seeds_of_a_whole_run_and_added_ones_are_the_same(tmp_path: Path, means: Means) -> None:
    sweep(config(), tmp_path / "added", means)
    added = resume(tmp_path / "added", ["seeds=3"], means)
    at_once = sweep(config(seeds=3), tmp_path / "at once", means)
    assert facts(added) == facts(at_once)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"margin": 0.05}, r"margin: 0\.03 in the study, 0\.05 now"),
        ({"model": {"hidden": 9}}, "model.hidden: 8 in the study, 9 now"),
        ({"base": "lstm_b"}, "base.cell: .* in the study, .* now"),
        ({"variants": {"gru": {"cell": "gru"}}}, "no_output_gate.* in the study, nothing now"),
        ({"task": {"corpus": "grammar:train=20001"}}, "text: .* in the study, .* now"),
    ],
)
def test_another_plan_is_refused(
    tmp_path: Path, means: Means, changes: dict[str, Any], message: str
) -> None:
    sweep(config(), tmp_path, means)
    before = (tmp_path / store.NAME).read_bytes()
    with pytest.raises(StoreError, match=f"(?s)holds another study.*{message}"):
        sweep(config(**changes), tmp_path, means)
    assert (tmp_path / store.NAME).read_bytes() == before


@pytest.mark.parametrize("override", ["margin=0.05", "base=gru", "variants.gru.with=r = 1"])
def test_resume_changes_nothing_but_seeds(tmp_path: Path, means: Means, override: str) -> None:
    sweep(config(), tmp_path, means)
    with pytest.raises(StoreError, match="only `seeds` can be raised"):
        resume(tmp_path, [override], means)
    with pytest.raises(ConfigError, match="nearest is 'seeds'"):
        resume(tmp_path, ["seed=3"], means)


def test_a_comment_in_a_cell_is_no_change(tmp_path: Path, means: Means) -> None:
    cell = "cell mine(x; h)\n    h' = tanh(W @ x + U @ h + bh)\n"
    variants = {"gru": {"cell": "gru"}}
    first = sweep(config(base=cell, variants=variants), tmp_path, means)
    commented = config(base=f"# A comment.\n{cell}", variants=variants)
    assert sweep(commented, tmp_path, means) == first


def test_the_text_may_move_but_not_change(tmp_path: Path, means: Means) -> None:
    for place in ("here", "there", "other"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "text.txt").write_text("abcdefgh" * 500 + place[0] * (place == "other"))
    study = tmp_path / "study"
    small = config(task={"corpus": str(tmp_path / "here" / "text.txt"), "evaluation_streams": 2})
    sweep(small, study, means)
    (tmp_path / "here" / "text.txt").unlink()
    with pytest.raises(CellsearchError, match=r"text\.txt"):
        resume(study, ["seeds=3"], means)
    there = f"task.corpus={tmp_path / 'there' / 'text.txt'}"
    assert resume(study, ["seeds=3", there], means).seeds == 3
    with pytest.raises(StoreError, match="is not the one that the study began with"):
        resume(study, [f"task.corpus={tmp_path / 'other' / 'text.txt'}"], means)


def test_a_twin_is_trained_once_and_recorded_twice(tmp_path: Path, watched: Fresh) -> None:
    twin = {"again": {"cell": "lstm", "identical": True}}
    means, watcher = watched()
    journal = sweep(config(variants=twin), tmp_path, means)
    assert status(tmp_path) == Status(planned=4, done=4)
    metrics = {(t.variant, t.seed): t.outcome.metrics for t in journal.trials}
    assert metrics["base", 1] == metrics["again", 1] != metrics["base", 0]
    started = {r.variant for view in watcher.views for r in view.running}
    assert started == {"base"}
    # Killed between the two lines: the second is put down without training.
    path = tmp_path / store.NAME
    kept = [line for line in path.read_text().splitlines() if '"variant":"again"' not in line]
    path.write_text("\n".join(kept) + "\n")
    means, watcher = watched()
    assert facts(resume(tmp_path, (), means)) == facts(journal)
    assert not any(view.running for view in watcher.views)


def test_failures_are_finished_until_asked_for(tmp_path: Path, watched: Fresh) -> None:
    variants = {"raises": {"with": "o = 1"}, "diverges": {"with": "i = 1"}}
    journal = sweep(config(variants=variants, seeds=1), tmp_path, watched()[0])
    assert status(tmp_path) == Status(planned=3, done=1, failed=1, diverged=1)
    failed = next(t for t in journal.trials if t.variant == "raises")
    assert failed.outcome.error is not None
    assert failed.sidecars == {}
    means, watcher = watched()
    resume(tmp_path, (), means)
    assert watcher.lines == []
    again = resume(tmp_path, (), replace(means, again=of_kinds("failed")))
    assert [(line.variant, line.attempt) for line in watcher.lines] == [("raises", 2)]
    assert {v.status.failed for v in watcher.views} == {0, 1}
    assert all(adds_up(v.status) for v in watcher.views)
    assert len(again.trials) == 3


def test_twins_that_failed_are_counted_once_each(tmp_path: Path, watched: Fresh) -> None:
    twins = {"raises": {"with": "o = 1"}, "also": {"with": "o = 1", "identical": True}}
    sweep(config(variants=twins, seeds=1), tmp_path, watched()[0])
    means, watcher = watched()
    resume(tmp_path, (), replace(means, again=of_kinds("failed")))
    assert [line.variant for line in watcher.lines] == ["raises", "also"]
    assert watcher.views[-1].status == status(tmp_path) == Status(planned=3, done=1, failed=2)


def test_a_torn_journal_is_reported_and_made_whole(tmp_path: Path, watched: Fresh) -> None:
    whole = sweep(config(), tmp_path, watched()[0])
    path = tmp_path / store.NAME
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:5]) + lines[5][:100])
    means, watcher = watched()
    journal = resume(tmp_path, (), means)
    assert any("line 6, the last, is torn" in note for note in watcher.notes)
    assert facts(journal) == facts(whole)
    assert journal.problems == ()


def test_a_plan_that_was_torn_is_planned_again(tmp_path: Path, means: Means) -> None:
    (tmp_path / store.NAME).write_bytes(b'{"schema": 1, "kind": "stu')
    assert len(sweep(config(), tmp_path, means).trials) == 6


def test_another_versions_keys_are_not_trained_twice(tmp_path: Path, means: Means) -> None:
    sweep(config(), tmp_path, means)
    path = tmp_path / store.NAME
    path.write_text(path.read_text().replace('"trial_key":"t1:', '"trial_key":"t0:'))
    with pytest.raises(StoreError, match="begun by another version of cellsearch"):
        resume(tmp_path, (), means)


def test_a_mistake_leaves_no_folder(tmp_path: Path, means: Means) -> None:
    with pytest.raises(CellsearchError):
        sweep(config(variants={"a": {"cell": "lstm"}}), tmp_path / "study", means)
    assert not (tmp_path / "study").exists()


LONG = {"tokens": 40_000, "batch": 2, "segment": 20_000}
TRIED_LONG = {"proposer": "grid", "space": {"train.segment": [4, 20_000]}}


@pytest.mark.parametrize("said", [{"train": LONG}, {"tune": TRIED_LONG}])
def test_a_text_too_short_for_a_segment_is_refused_at_once(
    tmp_path: Path, means: Means, said: dict[str, Any]
) -> None:
    with pytest.raises(CellsearchError, match=r"too short.*a segment of 20000"):
        sweep(config(**said), tmp_path / "study", means)
    assert not (tmp_path / "study").exists()


def test_a_full_disk_stops_the_sweep_and_keeps_what_is_there(tmp_path: Path, means: Means) -> None:
    full = config(variants={"full": {"with": "o = 1"}}, seeds=2)
    with pytest.raises(StoreError, match="the disk is full"):
        sweep(full, tmp_path, means)
    assert status(tmp_path) == Status(planned=4, done=1, waiting=3)


def test_cost_that_cannot_be_measured_is_a_note(tmp_path: Path, watched: Fresh) -> None:
    def refuse(*_: Any) -> Any:
        raise TrialError("the numerics disagree")

    means, watcher = watched()
    journal = sweep(config(), tmp_path, replace(means, measure=refuse))
    assert (len(journal.trials), journal.benches) == (6, ())
    assert "the numerics disagree" in watcher.notes
    means, watcher = watched()
    assert len(resume(tmp_path, (), means).benches) == 3


_DRIVE = """
import sys
from pathlib import Path
from cellsearch.config import SweepConfig
from cellsearch.sweep.executors.process import ProcessExecutor
from cellsearch.sweep.run import Means, sweep
from cellsearch.testing.executors import TRAINER

if __name__ == "__main__":
    config = SweepConfig.model_validate_json(sys.argv[2])
    executor = ProcessExecutor(2, trainer=TRAINER)
    journal = sweep(config, Path(sys.argv[1]), Means(executor=executor, measure=lambda *_: []))
    print(len(journal.trials), "torch" in sys.modules)
"""


def drive(folder: Path, **changes: Any) -> subprocess.Popen[str]:
    """A sweep in a process of its own."""
    text = json.dumps(SMALL | changes)
    call = [sys.executable, "-c", _DRIVE, str(folder), text]
    return subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


SLOW = {
    "variants": {"slow": {"with": "o = 1"}, "slow_too": {"with": "i = 1"}},
    "train": {"tokens": 2000, "batch": 2, "segment": 2},
}


def wait_for(condition: Callable[[], Any], process: subprocess.Popen[str]) -> None:
    while not condition():
        assert process.poll() is None, process.communicate()


def test_others_see_what_runs_and_cannot_join(tmp_path: Path, means: Means) -> None:
    driver = drive(tmp_path, **SLOW)
    try:
        wait_for(lambda: len(runs(tmp_path)) == 2, driver)
        seen = status(tmp_path)
        assert seen.running == 2
        assert adds_up(seen)
        with pytest.raises(StoreError, match=rf"held by process {driver.pid} on "):
            resume(tmp_path, (), means)
        driver.kill()
        driver.wait()
        after = status(tmp_path)
        assert (after.running, after.planned) == (0, 6)
        assert adds_up(after)
        with lock.hold(tmp_path):
            pass
    finally:
        driver.kill()
        driver.communicate()


def test_ctrl_c_saves_and_ends_cleanly(tmp_path: Path) -> None:
    driver = drive(tmp_path, **SLOW)
    try:
        wait_for(lambda: [r for r in runs(tmp_path) if r.tokens > 40], driver)
        driver.send_signal(signal.SIGINT)
        out, err = driver.communicate(timeout=60)
    finally:
        driver.kill()
    assert (driver.returncode, err) == (0, "")
    assert out.split()[1] == "False"
    assert status(tmp_path).waiting > 0
    assert any((tmp_path / "checkpoints").iterdir())
    assert not (tmp_path / running.NAME).exists()


def test_a_disk_too_full_for_a_lock_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with (
        pytest.raises(StoreError, match="cannot hold a study: no space left on device"),
        lock.hold(tmp_path),
    ):
        pass
    assert lock.holder(tmp_path) is None


def test_a_damaged_plan_is_not_followed_by_another(tmp_path: Path, means: Means) -> None:
    sweep(config(), tmp_path, means)
    _, rest = (tmp_path / store.NAME).read_bytes().split(b"\n", 1)
    damaged = b"damaged\n" + rest
    (tmp_path / store.NAME).write_bytes(damaged)
    with pytest.raises(StoreError, match="line 1 is damaged"):
        sweep(config(), tmp_path, means)
    assert (tmp_path / store.NAME).read_bytes() == damaged


def test_the_lock_is_not_inherited(tmp_path: Path) -> None:
    with lock.hold(tmp_path):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with (tmp_path / lock.NAME).open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        child.kill()
        child.communicate()


def test_a_folder_that_cannot_be_made(tmp_path: Path, means: Means) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot hold a study"):
        sweep(config(), tmp_path / "file" / "study", means)


def test_what_runs_counts_only_with_its_driver(tmp_path: Path) -> None:
    one = Running("base", 0, None, 1, 10, 40, None, "inline")
    moment = Moment((one,), {"planned": 3, "running": 1, "waiting": 2}, 1.5)
    with lock.hold(tmp_path):
        running.write(tmp_path, moment)
        assert running.read(tmp_path) == moment
        assert view(tmp_path) == View(Status(3, running=1, waiting=2), (one,), 1.5)
        content = {"pid": os.getpid() + 1, **asdict(moment)}
        (tmp_path / running.NAME).write_text(json.dumps(content))
        assert running.read(tmp_path) is None
        (tmp_path / running.NAME).write_text("{")
        assert running.read(tmp_path) is None
        running.write(tmp_path, moment)
    assert running.read(tmp_path) is None


def test_both_executors_find_the_same(tmp_path: Path, means: Means) -> None:
    processes = replace(means, executor=ProcessExecutor(2, trainer=TRAINER))
    inline = replace(means, executor=InlineExecutor(trainer=TRAINER))
    assert facts(sweep(config(), tmp_path / "a", processes)) == facts(
        sweep(config(), tmp_path / "b", inline)
    )


def test_pace_counts_what_was_done_here() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    assert pace.seconds(300) is None
    pace.at("resumed", 50)
    now[0] = 10.0
    pace.at("resumed", 75)
    assert pace.seconds(250) == pytest.approx(225 / 2.5)
    pace.end("resumed", 100)
    now[0] = 20.0
    assert pace.seconds(200) == pytest.approx(200 / 2.5)
