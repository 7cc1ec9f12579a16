"""Checkpoints and weights lie where they were asked to: on this machine, or behind a URL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import pytest
from small_sweep import Watcher, config

from cellsearch import places
from cellsearch.config import TrialConfig
from cellsearch.errors import ConfigError, StoreError
from cellsearch.places import Place
from cellsearch.record import Outcome
from cellsearch.store import Journal
from cellsearch.sweep.executors.base import Executor, Finished, Moved
from cellsearch.sweep.executors.inline import InlineExecutor
from cellsearch.sweep.executors.messages import of_item, to_item
from cellsearch.sweep.run import Means, resume, sweep
from cellsearch.testing.executors import TRAINER, item
from cellsearch.testing.trainer import train

Fresh = Callable[[], tuple[Means, Watcher]]


@pytest.fixture
def store() -> Iterator[fsspec.AbstractFileSystem]:
    """What `memory://` reaches, empty."""
    files = fsspec.filesystem("memory")
    files.rm("/", recursive=True)
    yield files
    files.rm("/", recursive=True)


@pytest.fixture(params=["local", "memory://bucket/deep"])
def place(request: pytest.FixtureRequest, tmp_path: Path, store: object) -> Place:
    return tmp_path / "deep" if request.param == "local" else places.parse(request.param)


def test_what_is_written_is_read(place: Place) -> None:
    folder = places.folder(place)
    assert folder.names() == []
    folder.write("a", b"1")
    folder.write("a", b"2")
    places.folder(places.join(place, "inner")).write("b", b"3")
    assert folder.read("a") == b"2"
    assert sorted(folder.names()) == ["a", "inner"]
    assert places.folder(places.join(place, "inner")).names() == ["b"]
    for name in ("inner", "a", "never there"):
        folder.remove(name)
    assert folder.names() == []
    with pytest.raises(FileNotFoundError):
        folder.read("a")


def test_a_file_is_split_from_its_folder(place: Place) -> None:
    folder, name = places.split(places.join(place, "weights", "a.b"))
    folder.write(name, b"1")
    assert name == "a.b"
    assert places.folder(places.join(place, "weights")).read("a.b") == b"1"


def test_what_a_killed_writer_left_is_tidied_away(tmp_path: Path) -> None:
    (tmp_path / "a.host-1.new").write_bytes(b"half")
    (tmp_path / "a").write_bytes(b"whole")
    places.folder(tmp_path).tidy()
    assert places.folder(tmp_path).names() == ["a"]


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = places.folder(tmp_path)
    folder.write("a", b"old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("the disk is gone")))
    with pytest.raises(OSError, match="the disk is gone"):
        folder.write("a", b"new")
    assert folder.read("a") == b"old"


def test_a_place_is_a_path_or_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert places.parse("here/it is") == tmp_path / "here" / "it is"
    assert places.parse(f"file://{tmp_path}/it%20is") == tmp_path / "it is"
    assert places.parse("memory://a/b") == "memory://a/b"
    with pytest.raises(ConfigError, match=r"'nowhere://a' cannot be reached: .*nowhere"):
        places.parse("nowhere://a")


def test_an_item_arrives_as_it_was_sent(tmp_path: Path) -> None:
    one = item(tmp_path, "fine")
    assert to_item(of_item(one)) == one
    remote = replace(one, checkpoint="memory://c", weights="memory://w/a")
    assert to_item(of_item(remote)) == remote


def test_a_trial_goes_on_from_a_checkpoint_behind_a_url(tmp_path: Path, store: object) -> None:
    one = replace(item(tmp_path, "fine"), checkpoint="memory://bucket/c", weights="memory://w/x")
    list(InlineExecutor(trainer=TRAINER).run([replace(one, until=20)]))
    events = list(InlineExecutor(trainer=TRAINER).run([one]))
    assert next(e for e in events if isinstance(e, Moved)).progress.tokens > 20
    (end,) = [e for e in events if isinstance(e, Finished)]
    assert end.outcome.metrics == train(one.trial).metrics
    assert places.folder("memory://w").read("x")


@pytest.fixture
def stored(tmp_path: Path, means: Means, store: fsspec.AbstractFileSystem) -> Journal:
    """A study whose workers write behind a URL."""
    means = replace(means, storage=places.parse("memory://bucket"))
    return sweep(config(), tmp_path / "stored", means)


def test_weights_end_in_the_studys_folder(
    tmp_path: Path, means: Means, stored: Journal, store: fsspec.AbstractFileSystem
) -> None:
    plain = sweep(config(), tmp_path / "plain", means)
    found = {(t.variant, t.seed): (t.outcome.metrics, t.sidecars) for t in stored.trials}
    assert found == {(t.variant, t.seed): (t.outcome.metrics, t.sidecars) for t in plain.trials}
    names = {name for t in stored.trials for name in t.sidecars}
    assert len(names) == len(stored.trials)
    assert all((tmp_path / "stored" / name).stat().st_size for name in names)
    assert store.find("bucket") == []


def test_what_a_killed_driver_left_in_a_storage_is_removed(
    tmp_path: Path, means: Means, stored: Journal, store: fsspec.AbstractFileSystem
) -> None:
    (study,) = store.ls("bucket", detail=False)
    key = stored.trials[0].trial_key.replace(":", "-")
    store.pipe_file(f"{study}/checkpoints/{key}/checkpoint.json", b"{}")
    store.pipe_file("bucket/another-study/checkpoints/a/checkpoint.json", b"{}")
    resume(tmp_path / "stored", (), replace(means, storage="memory://bucket"))
    assert store.find("bucket") == ["/bucket/another-study/checkpoints/a/checkpoint.json"]


class Fetching(Executor):
    """Says that all is done, without a trainer."""

    def run(self, items):  # type: ignore[no-untyped-def]
        for one in items:
            yield Finished(one.key, one.attempt, Outcome(status="done", metrics={}))

    def stop(self) -> None: ...


def test_weights_that_cannot_be_fetched_stop_the_sweep(
    tmp_path: Path, means: Means, store: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> bytes:
        raise PermissionError("not yours")

    monkeypatch.setattr(places.RemoteFolder, "read", refuse)
    means = replace(means, executor=Fetching(), storage="memory://bucket")
    with pytest.raises(StoreError, match=r"weights/.* cannot be fetched: not yours"):
        sweep(config(), tmp_path / "stored", means)


def test_where_a_write_may_be_torn_the_new_file_takes_the_place_of_the_old(tmp_path: Path) -> None:
    """Folders behind a URL that are no object store."""
    folder = places.RemoteFolder(f"local://{tmp_path}/far")
    folder.write("a", b"old")
    folder.write("a", b"new")
    assert (folder.read("a"), folder.names()) == (b"new", ["a"])
    (tmp_path / "far" / "b.new").write_bytes(b"ne")
    folder.tidy()
    assert folder.names() == ["a"]


def test_a_place_that_cannot_be_used_is_said_before_anything_trains(
    tmp_path: Path, means: Means
) -> None:
    (tmp_path / "file").touch()
    storage = tmp_path / "file" / "below"
    with pytest.raises(StoreError, match=r"below.*checkpoints: cannot be used: not a directory"):
        sweep(config(), tmp_path / "study", replace(means, storage=storage))
    with pytest.raises(ConfigError, match=r"'ftp://localhost:1/x' cannot be reached: .*refused"):
        places.parse("ftp://localhost:1/x")


def test_weights_that_went_elsewhere_are_missed(tmp_path: Path, watched: Fresh) -> None:
    """Such as to a folder of the same name on a machine that does not see this one."""
    means, watcher = watched()
    executor = InlineExecutor(trainer=f"{__name__}:without_weights")
    journal = sweep(config(), tmp_path, replace(means, executor=executor))
    assert {t.outcome.status for t in journal.trials} == {"done"}
    (note,) = [note for note in watcher.notes if "weights" in note]
    assert "are not in the study's folder" in note


def without_weights(trial: TrialConfig, **how: Any) -> Outcome:
    return train(trial, **how | {"weights": None})
