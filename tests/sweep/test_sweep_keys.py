"""A trial on record keeps its key, whatever a config may say by now."""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from small_sweep import TEXT, config

from cellsearch import store
from cellsearch.config import SweepConfig
from cellsearch.sweep.planning.keys import LATER, study_key, trial_key
from cellsearch.sweep.planning.plan import plan
from cellsearch.sweep.trials import Maker, name_of, seeded, trials

RESULTS = Path(__file__).parents[2] / "results"
STUDIES = sorted(path.parent for path in RESULTS.glob(f"*/{store.NAME}"))
# What each later key may say, other than what was done before it came.
NEWS = {
    "train.schedule.periods": 3,
    "train.schedule.hold": 2,
    "train.schedule.factor": 0.25,
    "model.init": 0.1,
}


@pytest.mark.parametrize("study", STUDIES, ids=lambda path: path.name)
def test_every_key_on_record_is_found_again(study: Path) -> None:
    journal = store.read(study)
    maker = Maker(journal.study, journal.study.spec.task)
    planned = {v.name: v for v in journal.study.variants}
    found = [
        *seeded(maker, journal.variants, journal.seeds),
        *(maker.tuned(planned[t.variant], t.number or 0, t.setting) for t in journal.tuning),
    ]
    on_record = {name_of(t): t.trial_key for t in (*journal.trials, *journal.tuning)}
    # A study may have been committed before it was finished.
    assert on_record.items() <= {t.name: t.key for t in found}.items()
    hashes = {v.name: v.cell_hash for v in journal.study.variants}
    spec, text = journal.study.spec, journal.study.data_sha256
    assert study_key(spec, hashes, text) == journal.study.study_key


def test_a_key_that_is_known() -> None:
    # As it was before there were later keys.
    known = "t1:591b1e40f26d260d70bbe0be2f4e15366797a5e30625a72d74831a37a2d10e9e"
    assert keys(config(variants={}, seeds=1)) == [known]


def keys(spec: SweepConfig) -> list[str]:
    study = plan(spec, TEXT)
    return [t.key for t in trials(study, study.spec.seeds, study.spec.task)]


@pytest.mark.parametrize("key", NEWS)
def test_a_later_key_says_nothing_by_default_and_something_otherwise(key: str) -> None:
    *groups, last = key.split(".")
    assert reduce(_below, groups, SweepConfig).model_fields[last].default == LATER[key]
    silent = saying(key, LATER[key])
    assert keys(silent) == keys(config(variants={}))
    assert not set(keys(saying(key, NEWS[key]))) & set(keys(silent))


def _below(model: type[BaseModel], name: str) -> Any:
    return model.model_fields[name].annotation


def saying(key: str, value: object) -> SweepConfig:
    """The small sweep with one key set, on top of what it says."""
    raw = config(variants={}).model_dump(mode="json", by_alias=True)
    *groups, last = key.split(".")
    reduce(lambda group, name: group[name], groups, raw)[last] = value
    return SweepConfig.model_validate(raw)


def test_every_later_key_is_tested() -> None:
    assert {*NEWS, "test", "tune"} == set(LATER)


def test_a_trial_that_reads_no_test_text_is_another() -> None:
    (trial,) = trials(plan(config(variants={}, seeds=1), TEXT), 1, config().task)
    blind = trial.config.model_copy(update={"test": False})
    assert trial_key(blind, {}) != trial_key(trial.config, {})


def test_a_tuning_makes_another_study_of_the_same_comparison() -> None:
    tune = {"space": {"model.dropout.output": [0.0, 0.5]}}
    with_it, without = (plan(config(variants={}, tune=t), TEXT) for t in (tune, None))
    assert with_it.study_key != without.study_key
    one, other = (trials(study, 2, study.spec.task) for study in (with_it, without))
    assert [t.key for t in one] == [t.key for t in other]
