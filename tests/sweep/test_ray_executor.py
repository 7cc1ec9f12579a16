"""The Ray executor passes the contract, too; what only a cluster can do, and suffer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ray_nodes import Nodes

from cellsearch.sweep.executors import Options
from cellsearch.sweep.executors.base import Executor, Failed, Finished
from cellsearch.sweep.executors.ray.executor import RayExecutor
from cellsearch.testing.executors import TRAINER, ExecutorContract, item, outcomes


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


class TestRay(ExecutorContract):
    in_hand = 2

    @pytest.fixture(autouse=True)
    def _address(self, nodes: Nodes) -> None:
        self.address = nodes.address

    def executor(self) -> Executor:
        return RayExecutor(Options(workers=2, address=self.address), trainer=TRAINER)


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
    assert lost.failure.message.startswith("out of memory with 0.5 GPU, next with 1 GPU: MemoryErr")
    assert found[items[8].key].metrics["others"] == 0


def test_what_is_out_of_memory_with_a_whole_machine_has_failed(
    tmp_path: Path, nodes: Nodes
) -> None:
    options = Options(workers=1, address=nodes.address)
    executor = RayExecutor(options, trainer="ray_trainers:never_enough")
    events = list(executor.run([item(tmp_path, "fine")]))
    (lost,) = [e for e in events if isinstance(e, Failed)]
    assert lost.failure.message.startswith("out of memory with 1 CPU, next with 2 CPUs: MemoryErr")
    (end,) = [e for e in events if isinstance(e, Finished)]
    assert (end.attempt, end.outcome.status) == (2, "failed")
    assert end.outcome.error is not None
    assert end.outcome.error.kind == "oom"
