"""What a task is: batches, model, loss, evaluation, and the metric that decides."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cellsearch.config import TrialConfig
from cellsearch.nn.model import Model, Noise, States

Split = Literal["valid", "test"]


@dataclass(frozen=True, slots=True)
class Metric:
    """The number that variants are compared by.

    Attributes:
        name: its key among an outcome's metrics.
        better: the direction of improvement.
        compare: `ratio` where a difference of two values is a ratio's logarithm (losses in nats:
            perplexities), else `difference`.
    """

    name: str
    better: Literal["lower", "higher"]
    compare: Literal["ratio", "difference"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The loss of every counted token, in nats, float64, in the order of the text."""

    losses: NDArray[np.float64]

    @property
    def loss(self) -> float:
        """Mean over the counted tokens; not finite where any of them is not."""
        return float(self.losses.mean())

    def blocks(self, count: int = 100) -> tuple[tuple[float, ...], tuple[int, ...]]:
        """Mean losses and sizes of consecutive blocks of near equal size, `count` at most."""
        parts = np.array_split(self.losses, min(count, len(self.losses)))
        return tuple(float(p.mean()) for p in parts), tuple(len(p) for p in parts)


class Task(ABC):
    """One trial's text, model and loss. Made anew for each trial, from its config alone.

    Made with the trial and a generator for the order of the data. Raises a `DataError` where the
    text is missing, too short, or not the one that the trial was planned with.
    """

    metric: ClassVar[Metric]

    @abstractmethod
    def __init__(self, trial: TrialConfig, order: np.random.Generator) -> None: ...

    @property
    @abstractmethod
    def uniform_loss(self) -> float:
        """Loss of guessing without looking, in nats per token. A trial that ends above diverged."""

    @abstractmethod
    def model(self) -> Model:
        """The trial's model, its weights not yet drawn."""

    @abstractmethod
    def loss(self, model: Model, step: int, states: States, noise: Noise) -> tuple[Tensor, States]:
        """Mean loss of update `step` (from 0) over its B·T tokens, and the states after it."""

    @abstractmethod
    def evaluate(self, model: Model, split: Split, states: States | None = None) -> Evaluation:
        """Read a held-out text, from the start or from the given states [layers, B, …]."""
