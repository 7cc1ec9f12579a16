"""A tuned study is the same study whoever trains it, to the last bit: real training, all three."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cellsearch.config import SweepConfig
from cellsearch.store import Journal
from cellsearch.sweep.executors import Options, make
from cellsearch.sweep.run import Means, sweep

SPEC: dict[str, Any] = {
    "name": "same",
    "base": "lstm",
    "variants": {"gru": {"cell": "gru"}, "no_output_gate": {"with": "o = 1"}},
    "task": {
        "corpus": "grammar:train=20000,valid=1000,test=1000",
        "evaluation_streams": 8,
        "evaluation_warmup": 8,
    },
    "model": {"hidden": 6, "dropout": {"output": 0.1}},
    "train": {"tokens": 4000, "batch": 8, "segment": 10, "evaluations": 2},
    "backend": "reference",
    "seeds": 2,
    "tune": {
        "trials": 6,
        "proposer": "tpe",
        "lag": 2,
        "tokens": 3200,
        "halving": {"factor": 2, "rungs": 1},
        "space": {
            "train.optimizer.learning_rate": {"low": 1e-3, "high": 1e-1, "log": True},
            "model.hidden": {"low": 4, "high": 8},
        },
    },
}


@pytest.fixture(scope="module")
def inline(tmp_path_factory: pytest.TempPathFactory) -> Journal:
    return run("inline", tmp_path_factory.mktemp("inline"))


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["process", "ray"])
def test_who_trains_does_not_matter(inline: Journal, tmp_path: Path, executor: str) -> None:
    journal = run(executor, tmp_path)
    assert found(journal) == found(inline)
    assert chosen(journal) == chosen(inline)
    assert len(journal.tuning) == 18
    assert {t.outcome.status for t in journal.tuning} == {"done", "pruned"}


def run(executor: str, folder: Path) -> Journal:
    options = Options(workers=1 if executor == "inline" else 2, log=folder / "log")
    means = Means(make(executor, options), measure=lambda *_: [])
    return sweep(SweepConfig.model_validate(SPEC), folder / "study", means)


def found(journal: Journal) -> dict[Any, Any]:
    lines = (*journal.tuning, *journal.trials)
    without = {"times", "where"}
    return {(t.trial_key, t.number): t.outcome.model_dump(exclude=without) for t in lines}


def chosen(journal: Journal) -> dict[str, Any]:
    return {n: (c.number, c.valid_loss, c.variant) for n, c in journal.choices.items()}
