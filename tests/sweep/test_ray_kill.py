"""`kill -9` of workers, nodes and drivers on a cluster of three nodes: nothing lost, nothing twice.

Takes minutes, so it runs on demand: `pytest --run-slow tests/sweep/test_ray_kill.py`.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from killing import Driver, assert_same, descendants, driven, present, wait_until
from ray_nodes import Nodes
from small_sweep import SMALL, runs

from cellsearch.sweep.watching.status import status
from cellsearch.testing.executors import TRAINER

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600), needs_proc]

# 24 trials, of about 14 s each.
CONFIG = SMALL | {
    "variants": {f"slow_{gate}": {"with": f"{gate} = 1"} for gate in "ifo"},
    "train": {"tokens": 2800, "batch": 2, "segment": 2},
    "seeds": 6,
}
# What Ray keeps on a node for whoever comes.
RESIDENT = ("ray::IDLE", "ray::DashboardAgent", "ray::RuntimeEnvAgent")


@contextmanager
def three_nodes() -> Iterator[Nodes]:
    nodes = Nodes({"num_cpus": 1}, {"num_cpus": 1}, {"num_cpus": 1})
    try:
        yield nodes
    finally:
        nodes.end()


class Tormentor:
    """Kills something while a driver works, again and again; the next driver goes on."""

    def __init__(self, folder: Path, nodes: Nodes) -> None:
        self._folder = folder
        self._nodes = nodes
        self._rng = random.Random(30)
        self._victim = 1

    def run(self, moments: int) -> None:
        """Each moment: a driver sees a worker and a node killed, in any order, and is killed."""
        for _moment in range(moments):
            with driven(self._folder, CONFIG, TRAINER, self._nodes.address) as driver:
                deeds = [self._kill_worker, self._kill_node]
                self._rng.shuffle(deeds)
                for deed in deeds:
                    self._wait(driver)
                    deed()
                self._wait(driver)
                self._kill_driver(driver)

    def finish(self) -> None:
        """Let a driver come to the end."""
        with driven(self._folder, CONFIG, TRAINER, self._nodes.address) as driver:
            started = descendants(driver.process.pid)
            driver.finish()
        assert_gone(started)

    def _wait(self, driver: Driver) -> None:
        """Until something is trained, and some time more; now and then not so long."""
        if self._rng.random() < 0.8:
            wait_until(lambda: bool(runs(self._folder)), 120)
        time.sleep(self._rng.uniform(0, 3))
        assert driver.process.poll() is None, "the sweep was over before it could be killed"

    def _kill_worker(self) -> None:
        wait_until(lambda: bool(runs(self._folder)), 120)
        workers = [int(r.worker.rpartition(":")[2]) for r in runs(self._folder)]
        with suppress(ProcessLookupError):
            os.kill(self._rng.choice(workers), signal.SIGKILL)

    def _kill_node(self) -> None:
        """One that is not the head, which is the cluster's memory; another takes its place."""
        self._nodes.do(kill=self._victim)
        self._nodes.do(add={"num_cpus": 1})
        self._victim += 1

    def _kill_driver(self, driver: Driver) -> None:
        started = descendants(driver.process.pid)
        driver.kill()
        assert_gone(started)
        assert status(self._folder).running == 0


def actors() -> list[str]:
    """What works for a driver on the nodes of this machine."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            if line.startswith("ray::") and not line.startswith(RESIDENT):
                lines.append(line)
    return lines


def assert_gone(started: set[int]) -> None:
    """Neither a process that the driver started is left, nor a worker or a zombie of its."""
    wait_until(lambda: not started & present(), 30)
    wait_until(lambda: actors() == [], 30)


def test_workers_nodes_and_drivers_are_killed_at_ten_moments_each(tmp_path: Path) -> None:
    with driven(tmp_path / "calm", CONFIG, TRAINER) as driver:
        driver.finish()
    with three_nodes() as nodes:
        tormentor = Tormentor(tmp_path / "killed", nodes)
        tormentor.run(10)
        tormentor.finish()
    assert_same(tmp_path / "killed", tmp_path / "calm")
