"""The update: the optimiser, the norm of the gradient, and clipping by it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from cellsearch.config import OptimizerConfig


def build(config: OptimizerConfig, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
    """Adam, AdamW or SGD, in one pass over each. Weight decay applies to every parameter."""
    rate, decay = config.learning_rate, config.weight_decay
    if config.name == "sgd":
        return torch.optim.SGD(parameters, rate, config.momentum, weight_decay=decay, fused=True)
    kind = torch.optim.AdamW if config.name == "adamw" else torch.optim.Adam
    return kind(parameters, rate, config.betas, config.epsilon, decay, fused=True)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Make the next update with this learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def gradients(parameters: Iterable[Tensor]) -> list[Tensor]:
    """The gradients that there are."""
    return [p.grad for p in parameters if p.grad is not None]


def norm(grads: Sequence[Tensor]) -> Tensor:
    """Euclidean norm of all gradients together, a float64 scalar.

    In float64, where no finite float32 gradient overflows: only a gradient that is itself not
    finite has a norm that is not.
    """
    norms = [torch.linalg.vector_norm(g, dtype=torch.float64) for g in grads]
    total: Tensor = torch.linalg.vector_norm(torch.stack(norms))
    return total


def clip(grads: Sequence[Tensor], size: float, most: float) -> None:
    """`g ← min(1, most / size) g` in place, `size` being the norm (Pascanu et al. 2013)."""
    if size > most:
        for g in grads:
            g.mul_(most / size)
