"""Both executors pass the contract; what only processes can do, and suffer, is tested here too."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from cellsearch.errors import ConfigError, TrialError
from cellsearch.sweep.executors import Options, make, names
from cellsearch.sweep.executors.base import Executor, Failed, Finished, Moved, Patience, Started
from cellsearch.sweep.executors.inline import InlineExecutor
from cellsearch.sweep.executors.process import ProcessExecutor
from cellsearch.testing.executors import TRAINER, ExecutorContract, item
from cellsearch.testing.trainer import train


class TestInline(ExecutorContract):
    in_hand = 1

    def executor(self) -> Executor:
        return InlineExecutor(trainer=TRAINER)


class TestProcess(ExecutorContract):
    in_hand = 2

    def executor(self) -> Executor:
        return ProcessExecutor(2, trainer=TRAINER)


def test_workers_are_used_again(tmp_path: Path) -> None:
    items = [item(tmp_path, "fine", seed) for seed in range(6)]
    events = list(ProcessExecutor(2, trainer=TRAINER).run(items))
    assert len({e.worker for e in events if isinstance(e, Started)}) <= 2


def test_no_more_workers_than_trials(tmp_path: Path) -> None:
    events = list(ProcessExecutor(8, trainer=TRAINER).run([item(tmp_path, "fine")]))
    assert len([e for e in events if isinstance(e, Started)]) == 1


@pytest.mark.parametrize(("variant", "kind"), [("crash", "crash"), ("killed", "killed")])
def test_a_trial_that_takes_its_worker_along_is_given_up(
    tmp_path: Path, variant: str, kind: str
) -> None:
    items = [item(tmp_path, variant), item(tmp_path, "fine", 0), item(tmp_path, "fine", 1)]
    events = list(ProcessExecutor(2, trainer=TRAINER).run(items))
    lost = [e for e in events if isinstance(e, Failed)]
    assert [(e.attempt, e.failure.kind, e.again) for e in lost] == [
        (1, kind, True),
        (2, kind, True),
        (3, kind, False),
    ]
    assert {e.key for e in events if isinstance(e, Finished)} == {i.key for i in items[1:]}


def test_a_killed_worker_costs_an_attempt_and_no_result(tmp_path: Path) -> None:
    one = item(tmp_path, "slow", steps=20)
    events, killed = [], False
    for event in ProcessExecutor(1, trainer=TRAINER).run([one]):
        events.append(event)
        if isinstance(event, Moved) and event.progress.tokens >= 20 and not killed:
            killed = True
            started = next(e for e in events if isinstance(e, Started))
            os.kill(int(started.worker), signal.SIGKILL)
    (lost,) = [e for e in events if isinstance(e, Failed)]
    assert (lost.attempt, lost.failure.kind, lost.again) == (1, "killed", True)
    end = events[-1]
    assert isinstance(end, Finished)
    assert end.attempt == 2
    assert end.outcome.metrics == train(one.trial).metrics
    again = events[events.index(lost) :]
    assert next(e for e in again if isinstance(e, Moved)).progress.tokens > 20


def test_workers_that_never_get_ready_end_the_run(tmp_path: Path) -> None:
    executor = ProcessExecutor(2, trainer="cellsearch.testing.trainer:no_such_thing")
    with pytest.raises(TrialError, match=r"(?s)no worker gets ready.*no_such_thing"):
        list(executor.run([item(tmp_path, "fine")]))


def test_threads_are_set_before_anything_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    executor = ProcessExecutor(1, threads=3, trainer="sweep_tell_threads:train")
    (end,) = [e for e in executor.run([item(tmp_path, "fine")]) if isinstance(e, Finished)]
    assert end.outcome.metrics == {"OMP_NUM_THREADS": 3.0, "MKL_NUM_THREADS": 3.0}


def test_patience_is_with_those_that_get_further() -> None:
    patience = Patience(attempts=3)
    assert [patience.another("a", tokens) for tokens in (10, 20, 30, 40)] == [True] * 4
    assert [patience.another("a", tokens) for tokens in (40, 35)] == [True, False]
    assert patience.another("b", 0)


def test_executors_have_names() -> None:
    assert {"inline", "process", "ray"} <= set(names())
    executor = make("process", Options(workers=3, threads=2))
    assert isinstance(executor, ProcessExecutor)
    assert (executor.workers, executor.threads) == (3, 2)
    with pytest.raises(ConfigError, match="unknown executor 'proces'; nearest is 'process'"):
        make("proces", Options())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Options(workers=0), "workers: got 0, expected 1 or more"),
        (Options(gpus_per_trial=1.5), "GPUs per trial: got 1.5, expected less than 1 or whole"),
        (Options(address="ray://a:1"), "address: got 'ray://a:1', expected HOST:PORT or 'auto'"),
        (Options(gpus_per_trial=-1), "GPUs per trial: got -1, expected less than 1 or whole"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: Options, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        make("ray", options)


@pytest.mark.parametrize("name", ["inline", "process"])
def test_options_that_mean_nothing_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"executor '{name}' knows no --gpus-per-trial; 'ray'"):
        make(name, Options(gpus_per_trial=0.5))
    with pytest.raises(ConfigError, match=f"executor '{name}' knows no --address; 'ray' does"):
        make(name, Options(address="auto"))
