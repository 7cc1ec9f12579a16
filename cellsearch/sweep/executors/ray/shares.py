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
        if self.gpus:
            return f"{self.gpus:g} GPU{'s' * (self.gpus > 1)}"
        return f"{self.cpus} CPU{'s' * (self.cpus > 1)}"

    def needs(self) -> str:
        """All of it, in words."""
        cpus = str(replace(self, gpus=0))
        return f"{cpus} and {self}" if self.gpus else cpus

    def places(self, nodes: Nodes) -> int:
        """How many trials with such a share run side by side."""
        return sum(self._on(node) for node in nodes)

    def larger(self, nodes: Nodes) -> Share | None:
        """Twice as much, up to a device, or a node's CPUs, for itself; None where it has that."""
        if self.gpus:
            return None if self.gpus >= 1 else replace(self, gpus=min(1.0, 2 * self.gpus))
        most = max((floor(node.get("CPU", 0)) for node in nodes), default=0)
        return None if self.cpus >= most else replace(self, cpus=min(most, 2 * self.cpus))

    def _on(self, node: Mapping[str, float]) -> int:
        cpus, gpus = node.get("CPU", 0), node.get("GPU", 0)
        by_cpu = floor(cpus / self.cpus)
        if not self.gpus:
            return by_cpu
        # A part of a device never lies across two.
        by_gpu = floor(gpus) * floor(1 / self.gpus) if self.gpus < 1 else floor(gpus / self.gpus)
        return min(by_cpu, by_gpu)
