"""The carried state: one tensor or a tuple of tensors, each [layers * directions, B, …]."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from cellsearch.nn.model import States


def tensors(states: States) -> tuple[Tensor, ...]:
    """The tensors of a state, in order."""
    return (states,) if isinstance(states, Tensor) else tuple(states)


def like(states: States, parts: tuple[Tensor, ...]) -> States:
    """`parts` in the form of `states`: alone, or as a tuple."""
    return parts[0] if isinstance(states, Tensor) else parts


def carried(states: States) -> States:
    """The state without its history, in memory of its own.

    The copy gives the state the same layout whether it comes from a step or from a checkpoint:
    kernels may round differently where the layout differs.
    """
    return _each(lambda s: s.detach().clone(memory_format=torch.contiguous_format), states)


def restarted(states: States, start: States, streams: Tensor) -> States:
    """The states, with those of the marked streams (bool [B]) back at their start."""
    parts = zip(tensors(states), tensors(start), strict=True)
    return like(states, tuple(torch.where(_column(streams, s), b, s) for s, b in parts))


def spread(states: States, streams: int) -> States:
    """A state for another number of streams: stream i gets the state of stream i mod B."""
    return _each(lambda s: s[:, torch.arange(streams) % s.shape[1]], states)


def _each(change: Callable[[Tensor], Tensor], states: States) -> States:
    return like(states, tuple(change(s) for s in tensors(states)))


def _column(streams: Tensor, state: Tensor) -> Tensor:
    return streams.view(1, -1, *([1] * (state.dim() - 2)))
