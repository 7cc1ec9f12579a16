"""What a sweep will take, from two short looks at every variant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_sweep import TEXT, config

from cellsearch.config import TrialConfig
from cellsearch.record import Curves, Outcome
from cellsearch.sweep.estimate import estimate
from cellsearch.sweep.executors import Options, make
from cellsearch.sweep.executors.inline import InlineExecutor
from cellsearch.sweep.planning.plan import plan

UPDATE, READING = 0.01, 0.5


def paused(trial: TrialConfig, *, until: int, **_: Any) -> Outcome:
    """As a real trial pauses: it reads validation after it was saved, so the next look has one."""
    steps = until // (trial.train.batch * trial.train.segment)
    times = {"train": 1 + UPDATE * steps, "evaluate": READING, "total": 9.0}
    return Outcome(status="pruned", steps=steps, times=times, curves=Curves())


def test_updates_and_readings_are_counted(tmp_path: Path) -> None:
    study = plan(config(seeds=3), TEXT)
    found = estimate(study, InlineExecutor(trainer=f"{__name__}:paused"), tmp_path)
    assert [e.variant.name for e in found] == ["base", "no_output_gate", "gru"]
    train = study.spec.train
    updates = train.tokens // (train.batch * train.segment)
    # Of each trial: the evaluations of training, test, and validation from the last state.
    readings = train.evaluations + 2
    for one in found:
        assert one.reading_seconds == READING
        assert one.update_seconds == pytest.approx(UPDATE)
        assert one.seconds == pytest.approx(3 * (updates * UPDATE + readings * READING))


def test_how_many_run_side_by_side() -> None:
    assert make("inline", Options(workers=8)).at_once == 1
    assert make("process", Options(workers=8)).at_once == 8
    two, one = (make("process", Options(threads=n)).at_once for n in (1, 1_000_000))
    assert two and two >= 1 == one
