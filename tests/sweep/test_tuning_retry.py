"""What failed in a tuning is tried again as long as nothing rests on its failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import failing_trainer
import pytest
from small_sweep import Watcher, config
from test_tuning_run import RATE, facts

from cellsearch import store
from cellsearch.config import SweepConfig
from cellsearch.store import Journal
from cellsearch.sweep.again import of_kinds
from cellsearch.sweep.executors.inline import InlineExecutor
from cellsearch.sweep.run import Means, resume, sweep

Fresh = Callable[[], tuple[Means, Watcher]]
RATES = [0.001, 0.002, 0.003, 0.004]


@pytest.fixture
def fails() -> Iterator[dict[tuple[str, float], int]]:
    failing_trainer.FAILS.clear()
    yield failing_trainer.FAILS
    failing_trainer.FAILS.clear()


@pytest.fixture
def inline(watched: Fresh) -> Fresh:
    def fresh() -> tuple[Means, Watcher]:
        means, watcher = watched()
        executor = InlineExecutor(trainer=failing_trainer.TRAINER)
        return replace(means, executor=executor), watcher

    return fresh


def halved(rungs: int = 1) -> SweepConfig:
    """Four rates of two variants; of a rung half of them go on."""
    halving = {"factor": 2, "rungs": rungs}
    tune = {"proposer": "grid", "tokens": 24, "space": {RATE: RATES}, "halving": halving}
    return config(variants={"gru": {"cell": "gru"}}, tune=tune)


def cut(whole: Path, to: Path, last: Callable[[bytes], bool]) -> None:
    """The journal up to the first such line."""
    lines = (whole / store.NAME).read_bytes().splitlines(keepends=True)
    end = next(n for n, line in enumerate(lines) if last(line))
    to.mkdir()
    (to / store.NAME).write_bytes(b"".join(lines[: end + 1]))


def retried(folder: Path, fresh: Fresh) -> tuple[Journal, Watcher]:
    means, watcher = fresh()
    return resume(folder, (), replace(means, again=of_kinds("oom"))), watcher


def of_base(journal: Journal) -> dict[int | None, tuple[int, str]]:
    lines = (t for t in journal.tuning if t.variant == "base")
    return {t.number: (t.attempt, t.outcome.status) for t in lines}


def test_a_closed_rung_stays_closed_where_nobody_was_pruned(
    tmp_path: Path, inline: Fresh, fails: dict[tuple[str, float], int]
) -> None:
    fails.update({("base", rate): 0 for rate in RATES[:3]})
    sweep(halved(), tmp_path / "whole", inline()[0])
    ends = (b'"variant":"base"', b'"status":"done"')
    cut(tmp_path / "whole", tmp_path / "cut", lambda line: all(e in line for e in ends))
    fails.clear()
    journal, watcher = retried(tmp_path / "cut", inline)
    failed = dict.fromkeys(range(3), (1, "failed"))
    assert of_base(journal) == failed | {3: (1, "done")}
    assert any("3 failed in the tuning and are not tried again" in n for n in watcher.notes)
    assert all(min(v.status.failed, v.status.waiting) >= 0 for v in watcher.views)


def test_an_open_rung_is_tried_again_though_another_has_pruned(
    tmp_path: Path, inline: Fresh, fails: dict[tuple[str, float], int]
) -> None:
    undisturbed = sweep(halved(2), tmp_path / "undisturbed", inline()[0])
    kept = next(r for r in undisturbed.rungs if r.variant == "base" and r.rung == 1)
    fails["base", float(str(kept.setting[RATE]))] = 12
    sweep(halved(2), tmp_path / "whole", inline()[0])
    cut(tmp_path / "whole", tmp_path / "cut", lambda line: b'"failed"' in line)
    fails.clear()
    journal, _ = retried(tmp_path / "cut", inline)
    assert facts(journal) == facts(undisturbed)
    assert of_base(journal)[kept.number][0] == 2


def test_a_second_try_that_has_got_to_a_rung_goes_on_from_there(
    tmp_path: Path, inline: Fresh, fails: dict[tuple[str, float], int]
) -> None:
    undisturbed = sweep(halved(), tmp_path / "undisturbed", inline()[0])
    fails["base", RATES[0]] = 0
    sweep(halved(), tmp_path / "whole", inline()[0])
    cut(tmp_path / "whole", tmp_path / "once", lambda line: b'"failed"' in line)
    fails.clear()
    retried(tmp_path / "once", inline)
    again = (b'"kind":"rung"', b'"attempt":2')
    cut(tmp_path / "once", tmp_path / "twice", lambda line: all(a in line for a in again))
    # Nothing is to be said of it any more: it is on its way.
    journal = resume(tmp_path / "twice", (), inline()[0])
    assert facts(journal) == facts(undisturbed)
    assert of_base(journal)[0][0] == 2


def test_equal_settings_of_which_one_is_pruned_keep_their_checkpoint(
    tmp_path: Path, inline: Fresh
) -> None:
    cell = "cell mine(x; h)\n    const beta = 1\n    h' = tanh(beta * (W @ x + U @ h) + bh)\n"
    halving = {"factor": 2, "rungs": 1}
    space = {"const.beta": [0.5, 1.0, 2.0, 4.0]}
    tune = {"proposer": "grid", "tokens": 24, "space": space, "halving": halving}
    failing_trainer.BEGUN.clear()
    # A GRU has no beta: its four settings are one trial.
    asked = config(base=cell, variants={"gru": {"cell": "gru"}}, tune=tune)
    sweep(asked, tmp_path, inline()[0])
    of_gru = [(until, there) for name, until, there in failing_trainer.BEGUN if name == "gru"]
    assert of_gru[:2] == [(12, False), (None, True)]
