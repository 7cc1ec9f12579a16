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
from cellsearch.sweep.keys import LATER, study_key
from cellsearch.sweep.plan import plan
from cellsearch.sweep.trials import trials

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
    planned = trials(journal.study, journal.seeds, journal.study.spec.task)
    assert {t.name: t.key for t in planned} == {
        (t.variant, t.seed): t.trial_key for t in journal.trials
    }
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


@pytest.mark.parametrize("key", LATER)
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
