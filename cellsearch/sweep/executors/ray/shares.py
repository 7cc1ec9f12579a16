"""What part of a machine a trial gets, and how many such parts a cluster has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import floor

# CPUs and GPUs of each node, by Ray's names.
Nodes = Sequence[Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Share:
    """CPUs and GPUs for one trial. Below 1, GPUs are a part of one device."""

    cpus: int
    gpus: float

    def __str__(self) -> str:
        cpus = f"{self.cpus} CPU{'s' * (self.cpus > 1)}"
        return f"{cpus} and {self.gpus:g} GPU{'s' * (self.gpus > 1)}" if self.gpus else cpus

    def places(self, nodes: Nodes) -> int:
        """How many trials with such a share run side by side."""
        return sum(self._on(node) for node in nodes)

    def larger(self, nodes: Nodes) -> Share | None:
        """Twice as much: of a device, then of a node's CPUs; None where it has all of both."""
        if 0 < self.gpus < 1:
            return replace(self, gpus=min(1.0, 2 * self.gpus))
        having = (node for node in nodes if node.get("GPU", 0) >= self.gpus)
        most = max((floor(node.get("CPU", 0)) for node in having), default=0)
        return None if self.cpus >= most else replace(self, cpus=min(most, 2 * self.cpus))

    def _on(self, node: Mapping[str, float]) -> int:
        cpus, gpus = node.get("CPU", 0), node.get("GPU", 0)
        by_cpu = floor(cpus / self.cpus)
        if not self.gpus:
            return by_cpu
        # A part of a device never lies across two.
        by_gpu = floor(gpus) * floor(1 / self.gpus) if self.gpus < 1 else floor(gpus / self.gpus)
        return min(by_cpu, by_gpu)
