"""What a backend is: something that runs a graph over packed rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from cellsearch.ir import Graph

States = tuple[Tensor, ...]


@dataclass(frozen=True)
class Rows:
    """A batch of sequences, longest first, step after step, without padding.

    Attributes:
        inputs: for each input [N, X], where N is the sum of `counts`.
        counts: how many sequences are still running at each step; never rising.
    """

    inputs: Mapping[str, Tensor]
    counts: Sequence[int]


@dataclass(frozen=True)
class Noise:
    """Whether noise is on, and which generator it draws from (None: torch's global one)."""

    training: bool
    generator: torch.Generator | None = None


class Runner(Protocol):
    """A cell made ready for given sizes."""

    def __call__(
        self, weights: Mapping[str, Tensor], rows: Rows, states: States, noise: Noise
    ) -> tuple[Tensor, States]:
        """Outputs [N, …] and final states, each [B, …].

        Args:
            weights: every weight of the graph, in its stored shape.
            rows: the inputs.
            states: each state of the graph before the first step, [B, …]; a scalar is [B, 1].
            noise: for dropout and zoneout.
        """


class Backend(Protocol):
    """A way to run cells."""

    name: str

    def prepare(
        self, graph: Graph, sizes: Mapping[str, int], space: tuple[int, ...] = ()
    ) -> Runner:
        """A runner of the graph where H and X are given; `space`: height and width of the units."""
