"""The Ray executor passes the contract, too; what only a cluster can do, and suffer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ray_nodes import Nodes

from cellsearch.sweep.executors import Options
from cellsearch.sweep.executors.base import Executor
from cellsearch.sweep.executors.ray.executor import RayExecutor
from cellsearch.testing.executors import TRAINER, ExecutorContract


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """One machine with two CPUs; to start it takes longer than to join it."""
    nodes = Nodes({"num_cpus": 2})
    yield nodes
    nodes.end()


class TestRay(ExecutorContract):
    in_hand = 2

    @pytest.fixture(autouse=True)
    def _address(self, nodes: Nodes) -> None:
        self.address = nodes.address

    def executor(self) -> Executor:
        return RayExecutor(Options(workers=2, address=self.address), trainer=TRAINER)
