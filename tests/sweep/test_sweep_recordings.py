"""What is recorded of a study's trials: of which seeds, where it lies, and that it is free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest
from pydantic import ValidationError
from small_sweep import SMALL, Watcher, config, measured

from cellsearch import places, store
from cellsearch.config import KINDS, SweepConfig
from cellsearch.errors import ConfigError, DataError, StoreError
from cellsearch.recorded import Wanted
from cellsearch.report.data.recordings import all_of
from cellsearch.store import Journal
from cellsearch.sweep.executors.inline import InlineExecutor
from cellsearch.sweep.executors.messages import of_item, to_item
from cellsearch.sweep.planning import files
from cellsearch.sweep.run import Means, planned, resume, sweep
from cellsearch.testing.executors import item


def recorded(journal: Journal) -> dict[tuple[str, int], str]:
    """What lies there of each trial that has recordings."""
    found = {
        (t.variant, t.seed): store.sidecar(journal.folder, t, "recordings") for t in journal.trials
    }
    return {name: content.decode() for name, content in found.items() if content is not None}


@pytest.mark.parametrize(
    ("said", "kinds", "seeds"),
    [
        ("all", KINDS, 1),
        ("none", (), 1),
        ("flow", ("flow",), 1),
        (["gates", "units"], ("gates", "units"), 1),
        ({"what": "all", "seeds": 3}, KINDS, 3),
    ],
)
def test_what_can_be_said(said: object, kinds: tuple[str, ...], seeds: int) -> None:
    record = config(record=said).record
    assert (record.what, record.seeds) == (kinds, seeds)
    assert (
        SweepConfig.model_validate(config(record=said).model_dump(by_alias=True)).record == record
    )


def test_the_short_form_has_other_keys_too() -> None:
    small = config()
    for overrides in (["record=all", "record.seeds=2"], ["record.seeds=2", "record.what=all"]):
        record = files.override(small, overrides).record
        assert (record.what, record.seeds) == (KINDS, 2)
    with pytest.raises(ConfigError, match=r"needs `record\.what`"):
        files.override(small, ["record.seeds=2"])


def test_another_kind_is_refused() -> None:
    with pytest.raises(ValidationError, match="'flow', 'gates'"):
        config(record="gate")


def test_the_first_seed_of_each_variant_is_recorded(tmp_path: Path, means: Means) -> None:
    journal = sweep(config(record=["flow", "gates"]), tmp_path, means)
    names = [("base", 0), ("no_output_gate", 0), ("gru", 0)]
    assert recorded(journal) == dict.fromkeys(names, "flow gates")
    assert recorded(sweep(config(), tmp_path / "plain", means)) == {}


def test_what_comes_too_late_to_be_recorded_is_said(
    tmp_path: Path, watched: Callable[[], tuple[Means, Watcher]]
) -> None:
    said = "record: the trials that it asks for are on record already, and are not trained again"
    means, watcher = watched()
    sweep(config(record="flow"), tmp_path, means)
    resume(tmp_path, ["seeds=3", "record={what: all, seeds: 3}"], means)
    assert said not in watcher.notes
    resume(tmp_path, ["record=all"], means)
    assert watcher.notes == [said]


def test_recordings_may_be_asked_for_later(tmp_path: Path, means: Means) -> None:
    first = sweep(config(), tmp_path, means)
    later = resume(tmp_path, ["seeds=3", "record={what: all, seeds: 3}"], means)
    assert later.trials[: len(first.trials)] == first.trials
    assert {seed for _, seed in recorded(later)} == {2}
    assert sweep(config(seeds=3, record="units"), tmp_path, means) == later


def test_a_trial_has_one_key_with_and_without(tmp_path: Path, means: Means) -> None:
    one, other = (sweep(config(record=said), tmp_path / said, means) for said in ("none", "all"))
    assert one.study.study_key == other.study.study_key
    assert [t.trial_key for t in one.trials] == [t.trial_key for t in other.trials]


def test_recordings_end_in_the_studys_folder(tmp_path: Path, means: Means) -> None:
    remote = fsspec.filesystem("memory")
    far = replace(means, storage=places.parse("memory://recordings"))
    found = recorded(sweep(config(record="all"), tmp_path, far))
    assert found == dict.fromkeys([("base", 0), ("no_output_gate", 0), ("gru", 0)], " ".join(KINDS))
    assert remote.find("recordings") == []


def test_an_item_says_what_is_recorded_wherever_it_is_sent(tmp_path: Path) -> None:
    plain = item(tmp_path, "fine")
    for wanted in (None, Wanted(("flow",), tmp_path / "r"), Wanted(KINDS, "memory://r/a")):
        one = replace(plain, recordings=wanted)
        assert to_item(of_item(one)) == one


def test_a_sidecar_that_was_changed_is_refused(tmp_path: Path, means: Means) -> None:
    journal = sweep(config(record="all"), tmp_path, means)
    (path,) = (p for p in journal.trials[0].sidecars if p.startswith("recordings"))
    (tmp_path / path).write_text("another")
    with pytest.raises(
        StoreError, match=r"recordings/.*: got sha256 .*, expected .* of the journal"
    ):
        recorded(journal)


def test_a_text_that_is_too_short_is_said_before_anything_trains(
    tmp_path: Path, means: Means
) -> None:
    short = SMALL["task"] | {"corpus": "grammar:train=4000,valid=900,test=900"}
    small = {"task": short | {"evaluation_streams": 2}}
    planned(config(**small), print)
    with pytest.raises(DataError, match=r"recordings needs at least 1,000"):
        planned(config(record="all", **small), print)
    sweep(config(**small), tmp_path, means)
    before = (tmp_path / store.NAME).read_bytes()
    with pytest.raises(DataError, match=r"recordings needs at least 1,000"):
        resume(tmp_path, ["seeds=3", "record=all"], means)
    assert (tmp_path / store.NAME).read_bytes() == before


def test_a_study_that_is_trained_can_be_read(tmp_path: Path) -> None:
    """By the true trainer, to what a report reads."""
    means = Means(executor=InlineExecutor(), display=Watcher(), measure=measured)
    small = {"variants": {"gru": {"cell": "gru"}}, "placebo": "none", "seeds": 1}
    train = {"train": {"tokens": 400, "batch": 4, "segment": 10}}
    found = all_of(sweep(config(record="gates", **small, **train), tmp_path, means))
    assert {v: [g.name for g in own[0].gates] for v, own in found.items()} == {
        "base": ["i", "f", "o"],
        "gru": ["r", "z"],
    }
    assert found["base"][0].points == (0, 40, 120, 400)
    assert found["base"][0].gates[0].left.shape == (4, 1, 8)
