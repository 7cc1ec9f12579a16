"""What others open says what the ledger says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import optuna
import pytest
from small_sweep import Watcher, config
from tensorboardX.proto.event_pb2 import Event

from cellsearch import store
from cellsearch.store import Journal
from cellsearch.sweep.again import of_kinds
from cellsearch.sweep.mirrors.optuna import NAME
from cellsearch.sweep.run import Means, resume, sweep

Fresh = Callable[[], tuple[Means, Watcher]]
STATES = {"done": "COMPLETE", "pruned": "PRUNED", "diverged": "FAIL", "failed": "FAIL"}
VARIANTS = {"diverges": {"with": "o = 1"}, "raises": {"with": "i = 1"}}
TUNE: dict[str, Any] = {
    "trials": 6,
    "space": {
        "train.optimizer.learning_rate": {"low": 1e-3, "high": 1e-1, "log": True},
        "model.dropout.output": [0.0, 0.5],
    },
    "halving": {"factor": 2, "rungs": 1},
}


def told(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What the storage says, by variant."""
    url = f"sqlite:///{folder / NAME}"
    found = {}
    for name in optuna.get_all_study_names(url):
        trials = optuna.load_study(study_name=name, storage=url).get_trials()
        assert all(t.datetime_start and t.datetime_complete for t in trials)
        found[name] = [(t.user_attrs["number"], t.state.name, t.value, t.params) for t in trials]
    return found


def ledger(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What the ledger says, every attempt."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for line in store.attempts(folder):
        if line.number is not None:
            status = line.outcome.status
            value = line.outcome.metrics["valid_loss"] if status in ("done", "pruned") else None
            row = (line.number, STATES[status], value, line.setting)
            found.setdefault(f"small/{line.variant}", []).append(row)
    return found


def cut(folder: Path) -> None:
    """As if it had been killed before the last trials of the tuning ended."""
    lines = (folder / store.NAME).read_bytes().splitlines(keepends=True)
    kept = next(n for n, line in enumerate(lines) if b'"kind":"choice"' in line) - 3
    (folder / store.NAME).write_bytes(b"".join(lines[:kept]))


def test_the_storage_says_what_the_ledger_says(tmp_path: Path, watched: Fresh) -> None:
    """Pruned, failed, diverged and repeated trials; a study that was cut, and gone on with."""
    asked = config(variants=VARIANTS, tune=TUNE)
    whole = sweep(asked, tmp_path, watched()[0])
    assert told(tmp_path) == ledger(tmp_path)
    cut(tmp_path)
    repeated = resume(tmp_path, (), replace(watched()[0], again=of_kinds("failed")))
    assert told(tmp_path) == ledger(tmp_path)
    states = {name: [row[1] for row in rows] for name, rows in told(tmp_path).items()}
    assert {"COMPLETE", "PRUNED"} == set(states["small/base"])
    assert states["small/diverges"].count("FAIL") == 3
    assert set(states["small/raises"]) == {"FAIL"}
    # Each failed trial stands there twice: as it failed, and as it failed again.
    assert len(states["small/raises"]) > 6
    assert _choices(repeated) == _choices(whole)
    lines = [line for line in store.attempts(tmp_path) if line.variant == "base"]
    ended = [datetime.fromisoformat(x.time).timestamp() for x in lines if x.number is not None]
    study = optuna.load_study(study_name="small/base", storage=f"sqlite:///{tmp_path / NAME}")
    assert [t.datetime_complete.timestamp() for t in study.trials if t.datetime_complete] == ended
    best = optuna.load_study(study_name="small/base", storage=f"sqlite:///{tmp_path / NAME}")
    chosen = repeated.choices["base"]
    assert (best.best_value, best.best_params) == (chosen.valid_loss, chosen.variant.setting)


@pytest.mark.parametrize("harm", ["gone", "short", "other"])
def test_a_storage_that_was_lost_is_made_anew(tmp_path: Path, means: Means, harm: str) -> None:
    sweep(config(variants={}, tune=TUNE), tmp_path, means)
    before, path = told(tmp_path), tmp_path / NAME
    if harm == "gone":
        path.unlink()
    else:
        url = f"sqlite:///{path}"
        optuna.delete_study(study_name="small/base", storage=url)
        study = optuna.create_study(study_name="small/base", storage=url)
        if harm == "other":
            study.tell(study.ask(), 1.0)
    resume(tmp_path, (), means)
    assert told(tmp_path) == before


def test_a_storage_that_cannot_be_written_costs_no_trial(tmp_path: Path, watched: Fresh) -> None:
    (tmp_path / NAME).mkdir()
    means, watcher = watched()
    journal = sweep(config(variants={}, tune=TUNE), tmp_path, means)
    assert len(journal.tuning) == 6
    assert [n for n in watcher.notes if "optuna.db cannot be written" in n] == watcher.notes[:1]


def test_optunas_own_command_reads_it(tmp_path: Path, means: Means) -> None:
    journal = sweep(config(variants={}, tune=TUNE), tmp_path, means)
    url = f"sqlite:///{tmp_path / NAME}"
    code = "import sys; from optuna.cli import main; sys.exit(main())"
    arguments = ["best-trials", "--storage", url, "--study-name", "small/base", "-f", "json"]
    said = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    assert str(journal.choices["base"].valid_loss) in said.stdout


def test_a_study_without_a_tuning_has_no_storage(tmp_path: Path, means: Means) -> None:
    sweep(config(variants={}), tmp_path, means)
    assert not (tmp_path / NAME).exists()


def test_tensorboard_has_the_curves(tmp_path: Path, means: Means) -> None:
    asked = config(variants={}, tune=TUNE)
    journal = sweep(asked, tmp_path, means)
    assert not (tmp_path / "tensorboard").exists()
    resume(tmp_path, (), replace(means, tensorboard=True))
    for trial in journal.trials:
        run = tmp_path / "tensorboard" / "base" / f"seed {trial.seed}"
        curves = trial.outcome.curves
        expected = dict(zip(curves.tokens, curves.valid_loss, strict=True))
        assert dict(scalars(run, "valid_loss")) == pytest.approx(expected)
    runs = {p.name for p in (tmp_path / "tensorboard" / "base").iterdir()}
    assert runs == {"seed 0", "seed 1", *(f"setting {n}" for n in range(6))}
    # A run that was cut while it was written is written again; the others are not.
    cut, whole = (tmp_path / "tensorboard" / "base" / f"seed {n}" for n in (0, 1))
    before = {p: p.stat().st_mtime_ns for p in whole.iterdir()}
    (cut / "trial.txt").unlink()
    next(cut.glob("events*")).write_bytes(b"")
    resume(tmp_path, (), replace(means, tensorboard=True))
    assert len(dict(scalars(cut, "valid_loss"))) == len(journal.trials[0].outcome.curves.tokens)
    assert {p: p.stat().st_mtime_ns for p in whole.iterdir()} == before


def scalars(run: Path, name: str) -> Iterator[tuple[int, float]]:
    """The points of a scalar in an event file: records of length, check sum, event, check sum."""
    (path,) = run.glob("events*")
    data = path.read_bytes()
    while data:
        length = int.from_bytes(data[:8], "little")
        event = Event.FromString(data[12 : 12 + length])
        data = data[16 + length :]
        yield from ((event.step, v.simple_value) for v in event.summary.value if v.tag == name)


def _choices(journal: Journal) -> dict[str, Any]:
    return {name: (c.number, c.valid_loss) for name, c in journal.choices.items()}
