"""What a trainer asks of a model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

DTYPES = {"float32": torch.float32, "float64": torch.float64}
# A state: one tensor or a tuple of tensors, each [layers * directions, B, …].
States = Tensor | tuple[Tensor, ...]
# The generator of a weight's draw: (role or part, layer, direction, weight).
Draw = Callable[[str, int, str, str], torch.Generator]
# The generator of a part's noise in one update.
Noise = Callable[[str], torch.Generator]


class Model(torch.nn.Module, ABC):
    """A model that reads streams segment by segment and carries a state between them."""

    @abstractmethod
    def start(self, batch: int) -> States:
        """The state that `batch` streams begin with."""

    @abstractmethod
    def reset_parameters(self, draw: Draw) -> None:
        """Draw every weight anew, each from the generator of its own key."""

    @abstractmethod
    def negate(self, names: Sequence[str]) -> None:
        """Negate these weights of the cells, in every layer."""
