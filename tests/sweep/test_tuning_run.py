"""A study with a tuning: what is tried, chosen, confirmed; stopped and gone on with; refused."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from killing import driven, wait_until
from small_sweep import SMALL, Watcher, config

from cellsearch import store
from cellsearch.config import SweepConfig
from cellsearch.errors import ConfigError, LanguageError
from cellsearch.store import Journal
from cellsearch.sweep.again import of_kinds
from cellsearch.sweep.executors.process import ProcessExecutor
from cellsearch.sweep.planning.plan import plan
from cellsearch.sweep.run import Means, confirm, planned, resume, sweep
from cellsearch.sweep.watching.status import Status, status
from cellsearch.testing.executors import TRAINER
from cellsearch.testing.shares import one_in

from small_sweep import TEXT  # isort: skip

Fresh = Callable[[], tuple[Means, Watcher]]
RATE = "train.optimizer.learning_rate"
MIRROR = {
    "with": "c' = f * c - i * g",
    "mirror": {"of": "base", "negate": ["Wg", "Ug", "bg"]},
    "placebo": True,
}
VARIANTS: dict[str, Any] = {"gru": {"cell": "gru"}, "flipped": MIRROR}
TUNE: dict[str, Any] = {
    "trials": 6,
    "tokens": 24,
    "space": {RATE: {"low": 1e-3, "high": 1e-1, "log": True}, "model.hidden": [6, 8]},
}
HALVING = {"halving": {"factor": 2, "rungs": 2}}


def tuned(**changes: Any) -> SweepConfig:
    """The small sweep with a tuning of some keys changed."""
    own = {"variants": VARIANTS, **changes.pop("sweep", {})}
    return config(**own, tune=TUNE | changes)


def facts(journal: Journal) -> object:
    """All that was found and decided: no times, no order."""
    lines = [*journal.tuning, *journal.trials]
    found = {
        (t.variant, t.number, t.seed): (t.trial_key, t.outcome.status, t.outcome.metrics)
        for t in lines
    }
    chosen = {n: (c.number, c.valid_loss, c.variant.setting) for n, c in journal.choices.items()}
    rungs = {(r.variant, r.number, r.rung): r.outcome.metrics for r in journal.rungs}
    return found, chosen, rungs


def test_every_variant_is_tried_at_the_same_settings(tmp_path: Path, watched: Fresh) -> None:
    means, watcher = watched()
    journal = sweep(tuned(), tmp_path, means)
    # The placebo is not tuned: it takes what its twin takes.
    assert {t.variant for t in journal.tuning} == {"base", "gru"}
    for number in range(6):
        ones = [t for t in journal.tuning if t.number == number]
        assert len(ones) == 2
        assert ones[0].setting == ones[1].setting
        for one in ones:
            assert one.config.train.optimizer.learning_rate == one.setting[RATE]
            assert one.config.model.hidden == one.setting["model.hidden"]
            assert (one.config.train.tokens, one.config.test) == (24, False)
            assert one.sidecars == {}
    assert len({json.dumps(t.setting) for t in journal.tuning}) == 6
    assert status(tmp_path) == Status(planned=6 * 2 + 2 * 3, done=18)
    assert all(sum(_counts(v.status)) == v.status.planned for v in watcher.views)
    assert [c.variant.name for c in watcher.choices] == ["base", "gru", "flipped"]


def test_the_best_on_validation_is_chosen_and_confirmed_with_fresh_seeds(
    tmp_path: Path, means: Means
) -> None:
    journal = sweep(tuned(), tmp_path, means)
    for name in ("base", "gru"):
        tried = {t.number: t for t in journal.tuning if t.variant == name}
        best = min(tried, key=lambda n: tried[n].outcome.metrics["valid_loss"] or 9e9)
        choice = journal.choices[name]
        assert choice.number == best
        assert choice.variant.setting == tried[best].setting
    assert journal.choices["flipped"].variant.setting == journal.choices["base"].variant.setting
    tuning_seeds = {t.seed for t in journal.tuning}
    for trial in journal.trials:
        setting = journal.choices[trial.variant].variant.setting
        assert trial.config.train.optimizer.learning_rate == setting[RATE]
        assert trial.config.model.hidden == setting["model.hidden"]
        assert (trial.config.train.tokens, trial.config.test) == (40, True)
        assert trial.seed not in tuning_seeds
    for variant in journal.variants:
        assert variant.hidden == variant.setting["model.hidden"]
        assert variant.learning_rate == variant.setting[RATE]
    # What it costs follows the width that was chosen.
    wide, narrow = (plan(config(model={"hidden": h}), TEXT).variants[0] for h in (8, 6))
    expected = {8: wide, 6: narrow}[journal.variants[0].hidden]
    assert journal.variants[0].cell_cost == expected.cell_cost


@pytest.mark.parametrize(
    ("proposer", "halving"),
    one_in(3, [(p, h) for h in ({}, HALVING) for p in ("tpe", "random", "sobol")]),
)
def test_executors_find_the_same(
    tmp_path: Path, means: Means, proposer: str, halving: dict[str, Any]
) -> None:
    asked = tuned(proposer=proposer, lag=2, trials=14, **halving)
    processes = replace(means, executor=ProcessExecutor(3, trainer=TRAINER))
    assert facts(sweep(asked, tmp_path / "a", processes)) == facts(
        sweep(asked, tmp_path / "b", means)
    )


def test_halving_prunes_what_is_behind(tmp_path: Path, watched: Fresh) -> None:
    means, watcher = watched()
    journal = sweep(tuned(**HALVING), tmp_path, means)
    for name in ("base", "gru"):
        lines = {t.number: t.outcome for t in journal.tuning if t.variant == name}
        ended = [outcome.status for outcome in lines.values()]
        assert (ended.count("done"), ended.count("pruned")) == (1, 5)
        first = {r.number: r.outcome for r in journal.rungs if (r.variant, r.rung) == (name, 0)}
        assert len(first) == 6
        order = sorted(first, key=lambda n: first[n].metrics["valid_loss"] or 9e9)
        assert {n for n, o in lines.items() if o.steps == first[n].steps} == set(order[3:])
    assert all(sum(_counts(v.status)) == v.status.planned for v in watcher.views)
    assert list((tmp_path / "checkpoints").iterdir()) == []


@pytest.mark.parametrize("halving", one_in(2, [HALVING, {}]))
def test_a_journal_cut_anywhere_is_gone_on_with(
    tmp_path: Path, means: Means, halving: dict[str, Any]
) -> None:
    asked = tuned(proposer="tpe", lag=2, **halving)
    whole = sweep(asked, tmp_path / "whole", means)
    lines = (tmp_path / "whole" / store.NAME).read_bytes().splitlines(keepends=True)
    for cut in range(1, len(lines), 6):
        study = tmp_path / f"cut {cut}"
        study.mkdir()
        (study / store.NAME).write_bytes(b"".join(lines[:cut]))
        assert facts(resume(study, (), means)) == facts(whole), cut


def test_diverged_and_failed_settings_are_not_chosen(tmp_path: Path, watched: Fresh) -> None:
    variants = {"diverges": {"with": "o = 1"}, "raises": {"with": "i = 1"}}
    means, watcher = watched()
    journal = sweep(tuned(sweep={"variants": variants}), tmp_path, means)
    assert journal.choices["base"].number is not None
    for name in variants:
        assert journal.choices[name].number is None
        assert journal.choices[name].variant.setting == {}
    # What a choice rests on is not tried again; what the comparison lost is.
    means, watcher = watched()
    resume(tmp_path, (), replace(means, again=of_kinds("failed")))
    assert [(t.variant, t.number) for t in watcher.lines] == [("raises", None)] * 2


def test_what_failed_in_the_tuning_is_tried_again_before_the_choice(
    tmp_path: Path, watched: Fresh
) -> None:
    variants = {"raises": {"with": "i = 1"}}
    sweep(tuned(sweep={"variants": variants}), tmp_path / "whole", watched()[0])
    lines = (tmp_path / "whole" / store.NAME).read_bytes().splitlines(keepends=True)
    before = [
        line for line in lines if b'"kind":"choice"' not in line and b'"number":5' not in line
    ]
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / store.NAME).write_bytes(b"".join(before[: 1 + 2 * 5]))
    means, watcher = watched()
    resume(tmp_path / "cut", (), replace(means, again=of_kinds("other")))
    again = [(t.number, t.attempt) for t in watcher.lines if t.variant == "raises" and t.seed > 9]
    assert again == [(0, 2), (1, 2), (2, 2), (3, 2), (4, 2), (5, 1)]


def test_equal_settings_are_trained_once(tmp_path: Path, means: Means) -> None:
    """A const that a cell does not have changes nothing in it."""
    cell = "cell mine(x; h)\n    const beta = 1\n    h' = beta * tanh(W @ x + U @ h + bh)\n"
    space = {"const.beta": [0.5, 1.0, 2.0]}
    asked = tuned(
        sweep={"base": cell, "variants": {"gru": {"cell": "gru"}}},
        proposer="grid", trials=3, space=space,
    )  # fmt: skip
    journal = sweep(asked, tmp_path, means)
    keys = {
        name: [t.trial_key for t in journal.tuning if t.variant == name] for name in ("base", "gru")
    }
    assert len(set(keys["base"])) == 3
    assert len(set(keys["gru"])) == 1
    assert len(keys["gru"]) == 3
    chosen = journal.choices["base"].variant
    beta = f"{chosen.setting['const.beta']:g}"
    assert f"const beta = {beta}" in chosen.cell
    # What is foretold is of the cell that was chosen.
    assert chosen.ranges == (f"h in (-{beta}, {beta})",)


def test_a_tuning_alone(tmp_path: Path, means: Means) -> None:
    journal = sweep(tuned(sweep={"seeds": 0}), tmp_path, means)
    assert journal.trials == ()
    assert set(journal.choices) == {"base", "gru", "flipped"}
    assert status(tmp_path) == Status(planned=12, done=12)


def test_seeds_that_come_after_a_tuning_alone_are_the_first_look(
    tmp_path: Path, means: Means
) -> None:
    sweep(tuned(sweep={"seeds": 0}), tmp_path, means)
    assert resume(tmp_path, ["seeds=2"], means).looks == 1
    more = resume(tmp_path, ["seeds=3"], means)
    assert (len(more.trials), more.looks) == (9, 2)


def test_a_count_of_seeds_is_no_seed(tmp_path: Path, means: Means) -> None:
    sweep(tuned(sweep={"seeds": 0}), tmp_path, means)
    before = (tmp_path / store.NAME).read_bytes()
    with pytest.raises(ConfigError, match="20,260,131 seeds are too many"):
        confirm(tmp_path, 1, 20260131, means)
    assert (tmp_path / store.NAME).read_bytes() == before


def test_mirrors_of_mirrors_come_along(tmp_path: Path, means: Means) -> None:
    """In whatever order the sweep file has them."""
    again = {"cell": "lstm", "mirror": {"of": "flipped", "negate": ["Wg", "Ug", "bg"]}}
    variants = {"again": again | {"identical": True}, **VARIANTS}
    twice = {"with": "c' = i * g + f * c", "identical": True}
    sweep(tuned(sweep={"seeds": 0, "variants": variants | {"twice": twice}}), tmp_path, means)
    journal = confirm(tmp_path, 1, 1, means)
    assert [v.name for v in journal.variants] == ["base", "again", "gru", "flipped", "twice"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"space": {"train.clop": [1, 2]}}, "no key of model or train.*nearest is 'train.clip'"),
        ({"space": {"train.tokens": [1, 2]}}, "cannot be tuned: the budget is the same"),
        (
            {"space": {"model.dropout.output": {"low": 0.0, "high": 1.5}}},
            "'model.dropout.output' should be less than 1, got 1.5",
        ),
        ({"space": {"model.tied": ["maybe", True]}}, "'model.tied' should be a valid boolean"),
        ({"space": {"const.beta": [1, 2]}}, "no cell has the const 'beta'"),
        ({"proposer": "grid"}, "a grid needs a list of values for"),
        ({"proposer": "grid", "space": {"model.layers": [1, 2]}}, "grid has 2 settings, got 6"),
        ({"proposer": "nobody"}, "unknown proposer 'nobody'"),
        (
            {"sweep": {"match": {"by": "params"}, "model": {"hidden": 64}}},
            "'model.hidden' changes the cost, which `match.by: params`",
        ),
        (
            {"sweep": {"variants": {"v": {"with": "o = 1", "learning_rate": 1.0}}}},
            "variant 'v' has a `learning_rate` of its own",
        ),
    ],
)
def test_a_tuning_that_cannot_be_meant(changes: dict[str, Any], message: str) -> None:
    with pytest.raises((ConfigError, LanguageError), match=f"(?s){message}"):
        plan(tuned(**changes), TEXT)


MINE = "cell mine(x; h)\n    const beta = 1\n    h' = tanh(beta * (W @ x + U @ h) + bh)\n"
SQUARE = "cell eye(x; h)\n    needs X = H\n    h' = tanh(W @ x + h + bh)\n"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"sweep": {"base": MINE, "variants": {"b2": {"with": "const beta = 2"}}},
             "space": {"const.beta": [0.5, 1.0]}},
            "'base' and 'b2' differ in consts that are tuned and in nothing else",
        ),
        (
            {"sweep": {"variants": {"square": {"cell": SQUARE}}},
             "space": {"model.embedding": [8, 6]}, "trials": 2, "proposer": "grid"},
            "variant 'square' cannot be at model.embedding = 6: .*X",
        ),
        (
            {"sweep": {"variants": {"square": {"cell": SQUARE}}},
             "space": {"model.embedding": {"low": 4, "high": 12}}, "proposer": "tpe"},
            "variant 'square' cannot be at model.embedding = 4",
        ),
        (
            {"space": {"train.schedule.periods": [4, 13], "train.schedule.hold": [1, 6]},
             "sweep": {"train": {**SMALL["train"], "schedule": {"name": "step", "periods": 9}}}},
            "tune.space: .*hold",
        ),
        (
            {"tokens": 4, **HALVING},
            "budgets of 1, 2, 4 tokens, where an update reads 4: two of them are the same",
        ),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_tried(changes: dict[str, Any], message: str, means: Means) -> None:
    """Known before anything trains, and not in the middle of the night."""
    with pytest.raises(ConfigError, match=f"(?s){message}"):
        planned(tuned(**changes), means.display.note)


def test_kinds_of_failure_have_names() -> None:
    with pytest.raises(ConfigError, match="'om' is no kind of failure; nearest is 'oom'"):
        of_kinds("om")


def test_a_tuning_survives_kills(tmp_path: Path, means: Means) -> None:
    """The driver is killed while it works, at random; what is found in the end is the same."""
    asked = tuned(
        sweep={"variants": {"slow": {"cell": "gru"}}}, proposer="tpe", lag=2, tokens=240, **HALVING
    )
    undisturbed = facts(sweep(asked, tmp_path / "undisturbed", means))
    study, draws = tmp_path / "killed", random.Random(7)
    spec = asked.model_dump(mode="json", by_alias=True)
    for _ in range(2):
        before = _written(study)
        with driven(study, spec, TRAINER) as driver:
            wait_until(lambda: _written(study) > before, 30)  # noqa: B023  called at once
            time.sleep(draws.uniform(0.0, 0.2))
            assert driver.process.poll() is None, "the sweep was over before it could be killed"
            driver.kill()
            driver.wait_until_alone()
    with driven(study, spec, TRAINER) as driver:
        driver.finish()
    assert facts(store.read(study)) == undisturbed
    lines = (study / store.NAME).read_text().splitlines()
    names = [
        (t["variant"], t["number"], t["seed"])
        for t in map(json.loads, lines)
        if t["kind"] == "trial"
    ]
    assert len(names) == len(set(names))


def _written(study: Path) -> int:
    return (study / store.NAME).stat().st_size if store.begun(study) else 0


def _counts(found: Status) -> tuple[int, ...]:
    return (found.done, found.diverged, found.pruned, found.failed, found.running, found.waiting)
