"""Dropout between the parts of a model, from a generator of one's own."""

from __future__ import annotations

import torch
from torch import Tensor


def dropout(
    x: Tensor,
    p: float,
    training: bool,
    generator: torch.Generator | None = None,
    variational: bool = False,
) -> Tensor:
    """Zero each unit with probability p and scale the others by 1 / (1 - p).

    Args:
        x: [T, B, …].
        p: the probability.
        training: outside training, x itself is returned.
        generator: where masks are drawn from; None is torch's global generator.
        variational: one mask for all T steps (Gal & Ghahramani 2016).
    """
    if not training or p == 0:
        return x
    shape = (1, *x.shape[1:]) if variational else x.shape
    return x * mask(shape, p, x, generator)


def mask(
    shape: tuple[int, ...] | torch.Size, p: float, like: Tensor, generator: torch.Generator | None
) -> Tensor:
    """A mask of 0 and 1 / (1 - p), of the dtype and on the device of `like`."""
    return like.new_empty(shape).bernoulli_(1 - p, generator=generator) / (1 - p)
