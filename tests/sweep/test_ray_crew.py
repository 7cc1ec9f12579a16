"""Whom the driver hires, with a cluster that is only said to be there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cellsearch.errors import TrialError
from cellsearch.record import Failure, Outcome
from cellsearch.sweep.executors.base import Event, Failed
from cellsearch.sweep.executors.base import WorkItem as Item
from cellsearch.sweep.executors.ray import crew as module
from cellsearch.sweep.executors.ray.crew import RayCrew, Wishes
from cellsearch.sweep.executors.ray.settings import Settings
from cellsearch.sweep.executors.ray.shares import Share
from cellsearch.testing.executors import item

TWO_NODES = [{"CPU": 2.0}, {"CPU": 1.0}]
OUT_OF_MEMORY = Outcome(status="failed", error=Failure(kind="oom", message="MemoryError"))


class Engine:
    """Remembers who is hired; the clock of this test stands beside it."""

    shared, awake, useful = True, 0.0, False

    def __init__(self) -> None:
        self.nodes: Any = None
        self.told: list[dict[str, Any]] = []

    def tell(self, **message: Any) -> None:
        self.told.append(message)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds, as the crew sees them: the last of the list."""
    seconds = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: seconds[-1])
    return seconds


class Cluster:
    """A crew on this cluster, its workers as they are said to be."""

    def __init__(self, items: list[Item], workers: int | None = None) -> None:
        settings = Settings("", "head:6379", 1, {})
        self.crew = RayCrew(Wishes(settings, Share(1, 0), workers, None), items)
        self.engine: Any = Engine()
        self.crew._engine = self.engine
        self.hear("up", nodes=TWO_NODES)

    def hear(self, said: str, **message: Any) -> list[Event]:
        return list(self.crew._take(self.engine, {"said": said, **message}))

    def give(self) -> list[Event]:
        return list(self.crew._give())

    @property
    def hired(self) -> list[tuple[str, int]]:
        return [(m["worker"], m["cpus"]) for m in self.engine.told if m["do"] == "hire"]

    def ready(self, worker: str, place: str) -> None:
        self.hear("ready", worker=worker, host=f"host{place}:1", place=place)
        self.give()

    def out_of_memory(self, worker: str) -> list[Event]:
        said = {"worker": worker, "outcome": OUT_OF_MEMORY.model_dump(mode="json")}
        return self.hear("finished", **said)


def test_trouble_with_files_names_the_node(tmp_path: Path, clock: list[float]) -> None:
    cluster = Cluster([item(tmp_path, "fine")])
    cluster.give()
    cluster.ready("1", "a")
    (failed,) = cluster.hear("hindered", worker="1", message="the text is not here")
    assert isinstance(failed, Failed) and failed.again
    assert failed.failure.message == "hosta:1: the text is not here"


def one_waits_for_a_larger_share(tmp_path: Path) -> Cluster:
    """Worker 1 ran out of memory, and 2 is to have twice its share."""
    cluster = Cluster([item(tmp_path, "greedy")], workers=1)
    cluster.give()
    cluster.ready("1", "small")
    cluster.out_of_memory("1")
    cluster.give()
    assert cluster.hired == [("1", 1), ("2", 2)]
    return cluster


def test_a_larger_share_that_was_lost_with_its_node_is_not_waited_for(
    tmp_path: Path, clock: list[float]
) -> None:
    cluster = one_waits_for_a_larger_share(tmp_path)
    assert cluster.give() == []
    cluster.hear("gone", worker="1", failure=None, nodes=TWO_NODES[1:])
    (end,) = cluster.give()
    assert isinstance(end, Failed)
    assert (end.again, end.attempt, end.failure.kind) == (False, 2, "oom")
    assert end.failure.message == "out of memory, and no node has room for 2 CPUs"
    assert {"do": "leave", "worker": "2"} in cluster.engine.told


def test_room_that_nobody_makes_is_waited_for_some_minutes(
    tmp_path: Path, clock: list[float]
) -> None:
    cluster = one_waits_for_a_larger_share(tmp_path)
    clock.append(299.0)
    assert cluster.give() == []
    clock.append(301.0)
    assert [type(e) for e in cluster.give()] == [Failed]
    # And others of the usual share may come again.
    cluster.crew._items = iter([item(tmp_path, "fine", 1)])
    cluster.hear("gone", worker="1", failure=None, nodes=TWO_NODES)
    cluster.give()
    assert cluster.hired[2:] == [("3", 1)]


def test_workers_that_get_no_place_end_the_run(tmp_path: Path, clock: list[float]) -> None:
    cluster = Cluster([item(tmp_path, "fine")], workers=1)
    cluster.give()
    clock.append(1799.0)
    cluster.give()
    clock.append(1801.0)
    with pytest.raises(TrialError, match="no worker got a place in 30 minutes; it needs 1 CPU"):
        cluster.give()


def test_a_run_that_trains_is_no_run_that_waits(tmp_path: Path, clock: list[float]) -> None:
    cluster = Cluster([item(tmp_path, "fine", n) for n in range(2)], workers=2)
    cluster.give()
    cluster.ready("1", "small")
    clock.append(5000.0)
    assert cluster.give() == []
    assert cluster.hired == [("1", 1), ("2", 1)]
