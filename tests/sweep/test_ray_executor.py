"""The Ray executor passes the contract, too; what only a cluster can do, and suffer."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from killing import assert_same, children, command, descendants, driven, present, wait_until
from ray_nodes import Nodes
from small_sweep import SMALL, runs

from cellsearch.errors import TrialError
from cellsearch.sweep.executors import Options
from cellsearch.sweep.executors.base import Executor, Failed, Finished, Moved, Started
from cellsearch.sweep.executors.ray.desk import Desk
from cellsearch.sweep.executors.ray.executor import RayExecutor
from cellsearch.sweep.executors.ray.shares import Share
from cellsearch.testing.executors import TRAINER, ExecutorContract, item, outcomes
from cellsearch.testing.trainer import train

SLOW = {"tokens": 400, "batch": 2, "segment": 2}


def memory_bytes() -> int:
    """What this machine has, where it says so."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return 0


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """One machine with two CPUs; to start it takes longer than to join it."""
    nodes = Nodes({"num_cpus": 2})
    yield nodes
    nodes.end()


@contextmanager
def four_gpus() -> Iterator[Nodes]:
    """A machine that says that it has four GPUs; nobody looks."""
    nodes = Nodes({"num_cpus": 8, "num_gpus": 4})
    try:
        yield nodes
    finally:
        nodes.end()


# Every test of the contract starts an engine; these see most.
OFTEN = {
    "test_a_trial_that_raises_does_not_stop_the_others",
}


class TestRay(ExecutorContract):
    in_hand = 2

    @pytest.fixture(autouse=True)
    def _address(self, nodes: Nodes, request: pytest.FixtureRequest) -> None:
        if request.function.__name__ not in OFTEN and not request.config.getoption("--run-slow"):
            pytest.skip("slow: runs with --run-slow")
        self.address = nodes.address

    def executor(self) -> Executor:
        return RayExecutor(Options(workers=2, address=self.address), trainer=TRAINER)


@pytest.mark.slow
def test_devices_are_shared_and_what_runs_out_of_memory_gets_one_alone(tmp_path: Path) -> None:
    names = ["together"] * 8 + ["greedy"] + ["fine"] * 8
    items = [item(tmp_path, name, seed) for seed, name in enumerate(names)]
    with four_gpus() as nodes:
        options = Options(address=nodes.address, gpus_per_trial=0.5)
        executor = RayExecutor(options, trainer="ray_trainers:placed")
        events = list(executor.run(items))
    found = outcomes(events)
    assert {i.key for i in items} == set(found)
    together = Counter(found[i.key].metrics["device"] for i in items[:8])
    assert together == dict.fromkeys((0.0, 1.0, 2.0, 3.0), 2)
    (lost,) = [e for e in events if isinstance(e, Failed)]
    assert (lost.key, lost.attempt, lost.failure.kind, lost.again) == (items[8].key, 1, "oom", True)
    assert lost.failure.message.startswith(
        "out of memory with 1 CPU and 0.5 GPU, next with 1 CPU and 1 GPU: "
    )
    assert found[items[8].key].metrics["others"] == 0


@pytest.mark.slow
def test_what_is_out_of_memory_with_a_whole_machine_has_failed(
    tmp_path: Path, nodes: Nodes
) -> None:
    options = Options(workers=2, address=nodes.address)
    executor = RayExecutor(options, trainer="ray_trainers:never_enough")
    events = list(executor.run([item(tmp_path, "fine")]))
    (lost,) = [e for e in events if isinstance(e, Failed)]
    assert lost.failure.message.startswith("out of memory with 1 CPU, next with 2 CPUs: MemoryErr")
    (end,) = [e for e in events if isinstance(e, Finished)]
    assert (end.attempt, end.outcome.status) == (2, "failed")
    assert end.outcome.error is not None
    assert end.outcome.error.kind == "oom"


@pytest.mark.slow
def test_a_killed_worker_costs_an_attempt_and_no_result(tmp_path: Path, nodes: Nodes) -> None:
    one = item(tmp_path, "slow", steps=40)
    events, killed = [], False
    for event in RayExecutor(Options(address=nodes.address), trainer=TRAINER).run([one]):
        events.append(event)
        if isinstance(event, Moved) and event.progress.tokens >= 20 and not killed:
            killed = True
            started = next(e for e in events if isinstance(e, Started))
            os.kill(int(started.worker.rpartition(":")[2]), signal.SIGKILL)
    (lost,) = [e for e in events if isinstance(e, Failed)]
    assert (lost.attempt, lost.failure.kind, lost.again) == (1, "killed", True)
    said = f"worker {started.worker} died or was killed, or its machine did; Ray says: "
    assert lost.failure.message.startswith(said)
    end = events[-1]
    assert isinstance(end, Finished)
    assert (end.attempt, end.outcome.metrics) == (2, train(one.trial).metrics)
    again = events[events.index(lost) :]
    assert next(e for e in again if isinstance(e, Moved)).progress.tokens > 20


@pytest.mark.slow
def test_workers_that_never_get_ready_end_the_run(tmp_path: Path, nodes: Nodes) -> None:
    options = Options(workers=1, address=nodes.address)
    executor = RayExecutor(options, trainer="cellsearch.testing.trainer:no_such_thing")
    with pytest.raises(TrialError, match=r"(?s)no worker gets ready.*no_such_thing"):
        list(executor.run([item(tmp_path, "fine")]))


def test_a_cluster_that_is_not_there_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    executor = RayExecutor(Options(address=address), trainer=TRAINER)
    with pytest.raises(TrialError, match=f"no Ray cluster at '{address}': .*refused"):
        list(executor.run([item(tmp_path, "fine")]))


def test_a_share_that_no_node_has_is_refused(tmp_path: Path, nodes: Nodes) -> None:
    executor = RayExecutor(Options(address=nodes.address, gpus_per_trial=0.5), trainer=TRAINER)
    said = "no node has room for a trial: got 2 CPUs and 0 GPUs; expected 1 CPU and 0.5 GPU"
    with pytest.raises(TrialError, match=said):
        list(executor.run([item(tmp_path, "fine")]))


def test_what_the_engine_prints_goes_to_a_file(
    tmp_path: Path, nodes: Nodes, capfd: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "ray.log"
    log.write_text("of the run before")
    options = Options(address=nodes.address, log=log)
    list(RayExecutor(options, trainer=TRAINER).run([item(tmp_path, "prints")]))
    assert capfd.readouterr() == ("", "")
    assert "Ray cluster" in log.read_text()
    assert "of the run before" not in log.read_text()


@pytest.mark.slow
def test_a_killed_driver_leaves_nothing_and_the_next_goes_on(tmp_path: Path) -> None:
    config = SMALL | {"variants": {"slow": {"with": "o = 1"}}, "train": SLOW, "seeds": 1}
    with driven(tmp_path / "calm", config, TRAINER) as driver:
        driver.finish()
    with driven(tmp_path / "killed", config, TRAINER, "own") as driver:
        wait_until(lambda: bool(runs(tmp_path / "killed")), 120)
        started = descendants(driver.process.pid)
        # The keeper, the engine, a raylet, a worker at the least.
        assert len(started) > 3
        driver.kill()
        wait_until(lambda: not started & present(), 30)
    with driven(tmp_path / "killed", config, TRAINER, "own") as driver:
        assert driver.finish() == "2 False\n"
    assert_same(tmp_path / "killed", tmp_path / "calm")


@pytest.mark.slow
def test_a_killed_engine_costs_an_attempt_and_no_result(tmp_path: Path) -> None:
    items = [item(tmp_path, "slow", seed, steps=80) for seed in range(2)]
    events, killed = [], False
    for event in RayExecutor(Options(workers=2), trainer=TRAINER).run(items):
        events.append(event)
        if isinstance(event, Moved) and event.progress.tokens >= 20 and not killed:
            killed = True
            (keeper,) = keepers(os.getpid())
            (engine,) = keepers(keeper)
            os.kill(engine, signal.SIGKILL)
    lost = [e for e in events if isinstance(e, Failed)]
    assert all(e.again and "Ray's engine died of SIGKILL" in e.failure.message for e in lost)
    found = outcomes(events)
    assert {i.key: found[i.key].metrics for i in items} == {
        i.key: train(i.trial).metrics for i in items
    }
    assert keepers(os.getpid()) == []


@pytest.mark.slow
@pytest.mark.skipif(not 0 < memory_bytes() < 2**36, reason="a fifth of the memory is a lot")
def test_a_worker_that_ray_ends_for_want_of_memory_gets_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (available,) = re.findall(r"MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text())
    used = 1 - int(available) * 1024 / memory_bytes()
    log = tmp_path / "ray.log"
    monkeypatch.setenv("RAY_memory_usage_threshold", f"{used + 0.1:.3f}")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), *sys.path]))
    executor = RayExecutor(Options(workers=2, log=log), trainer="ray_trainers:eats_at_first")
    events = list(executor.run([item(tmp_path, "eats"), item(tmp_path, "fine")]))
    (lost,) = [e for e in events if isinstance(e, Failed)]
    assert (lost.failure.kind, lost.again) == ("oom", True)
    assert "with 1 CPU, next with 2 CPUs: worker" in lost.failure.message
    assert "its machine ran out of memory" in lost.failure.message
    assert {o.status for o in outcomes(events).values()} == {"done"}
    assert "Number of trials" in log.read_text()
    assert log.read_text().count("Started a local Ray instance") == 1


def keepers(parent: int) -> list[int]:
    """A keeper, and an engine, which is a fork of it."""
    return [p for p in children(parent) if "executors.ray.keeper" in command(p)]


@pytest.mark.parametrize(
    ("cpus", "gpus", "places"),
    [(1, 0, 12), (2, 0, 5), (1, 0.5, 7), (1, 0.4, 7), (1, 0.3, 9), (1, 2, 2), (1, 3, 0)],
)
def test_room_on_nodes(cpus: int, gpus: float, places: int) -> None:
    nodes = [{"CPU": 8.0, "GPU": 2.0}, {"CPU": 3.0, "GPU": 2.0}, {"CPU": 1.5}]
    assert Share(cpus, gpus).places(nodes) == places


def test_a_share_grows_until_it_is_alone() -> None:
    nodes = [{"CPU": 3.0, "GPU": 4.0}]
    assert Share(1, 0.3).larger(nodes) == Share(1, 0.6)
    assert Share(1, 0.6).larger(nodes) == Share(1, 1.0)
    assert Share(1, 1.0).larger(nodes) == Share(2, 1.0)
    assert Share(3, 1.0).larger(nodes) is None
    assert Share(1, 1.0).larger([{"CPU": 1.0, "GPU": 1.0}, {"CPU": 8.0}]) is None
    assert Share(1, 0).larger(nodes) == Share(2, 0)
    assert Share(2, 0).larger(nodes) == Share(3, 0)
    assert Share(3, 0).larger(nodes) is None


def test_the_desk_keeps_what_was_said_in_order() -> None:
    async def talk() -> None:
        desk = Desk()
        waiting = asyncio.create_task(desk.next_for_worker("a"))
        await desk.to_worker("a", {"do": "train"})
        assert await waiting == {"do": "train"}
        for said in ("ready", "gone"):
            await desk.to_engine("a", {"said": said})
        assert [m["said"] for m in await desk.all_for_engine()] == ["ready", "gone"]
        await desk.to_worker("b", {"do": "train"})
        leaving = asyncio.create_task(desk.dismiss())
        assert [await desk.next_for_worker("b"), await desk.next_for_worker("b")] == [
            {"do": "train"},
            {"do": "quit"},
        ]
        assert not leaving.done()
        await desk.to_engine("b", {"said": "gone"})
        await asyncio.wait_for(leaving, 10)

    asyncio.run(talk())
