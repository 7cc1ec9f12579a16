"""States of all layers as the caller holds them: one tensor for each name of the cell.

A tensor is [layers * directions, B, …]. Where a state is not as wide in each layer (what a delay
remembers of the input is as wide as that layer's input), it has the widest layer's width, and what
stands beyond a layer's own is 0 and is not read.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from cellsearch.backends import States
from cellsearch.errors import ShapeError
from cellsearch.nn.packing import Layout
from cellsearch.nn.sized import SizedCell


class Stack:
    """How the states of the layers lie in the caller's tensors.

    Raises:
        ShapeError: the layers do not carry the same states.
    """

    def __init__(self, layers: Sequence[SizedCell], directions: int) -> None:
        self.names = [s.name for s in layers[0].graph.states]
        for layer in layers:
            names = [s.name for s in layer.graph.states]
            if names != self.names:
                got, first = ", ".join(names), ", ".join(self.names)
                raise ShapeError(f"every layer carries the states ({first}), one has ({got})")
        self._own = [layer.state_shapes for layer in layers for _ in range(directions)]
        self.widest = [widest(shapes) for shapes in zip(*self._own, strict=True)]

    def join(self, parts: Sequence[States]) -> States:
        """One tensor for each state, of what each layer and direction has."""
        if len(parts) == 1:
            return tuple(s[None] for s in parts[0])
        columns = zip(self.widest, zip(*parts, strict=True), strict=True)
        return tuple(torch.stack([_padded(s, shape) for s in column]) for shape, column in columns)

    def part(self, states: States, n: int) -> States:
        """The states of layer and direction n."""
        return tuple(narrowed(s[n], own) for s, own in zip(states, self._own[n], strict=True))

    def given(self, states: Tensor | States, layout: Layout) -> States:
        """The caller's states, checked, the longest sequence first.

        Raises:
            ShapeError: another number of tensors, or another shape.
        """
        wanted = ", ".join(self.names)
        given = (states,) if isinstance(states, Tensor) else states
        if not isinstance(given, tuple | list):
            raise ShapeError(f"expected the states ({wanted}), got {type(given).__name__}")
        if len(given) != len(self.names):
            raise ShapeError(f"expected the states ({wanted}), got {_tensors(len(given))}")
        batch = (layout.batch,) if layout.batched else ()
        for name, s, shape in zip(self.names, given, self.widest, strict=True):
            if not isinstance(s, Tensor):
                raise ShapeError(f"state '{name}': expected a tensor, got {type(s).__name__}")
            wanted_shape = [len(self._own), *batch, *shape]
            if list(s.shape) != wanted_shape:
                raise ShapeError(f"state '{name}': expected {wanted_shape}, got {list(s.shape)}")
        if not layout.batched:
            return tuple(s[:, None] for s in given)
        return _permuted(tuple(given), layout.packed and layout.packed.sorted_indices)


def returned(states: States, layout: Layout) -> Tensor | States:
    """States in the caller's order and form."""
    if not layout.batched:
        return as_given(tuple(s[:, 0] for s in states))
    return as_given(_permuted(states, layout.packed and layout.packed.unsorted_indices))


def as_given(states: States) -> Tensor | States:
    """A lone state stands for itself."""
    return states[0] if len(states) == 1 else states


def _permuted(states: States, order: Tensor | None) -> States:
    return states if order is None else tuple(s[:, order] for s in states)


def widest(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape that holds each of them."""
    return tuple(max(sizes) for sizes in zip(*shapes, strict=True))


def _padded(s: Tensor, shape: tuple[int, ...]) -> Tensor:
    missing = [want - have for want, have in zip(shape, s.shape[1:], strict=True)]
    if not any(missing):
        return s
    return F.pad(s, [n for m in reversed(missing) for n in (0, m)])


def narrowed(s: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The part of it that is so large in the last dimensions."""
    for i, size in enumerate(shape, s.dim() - len(shape)):
        if s.shape[i] != size:
            s = s.narrow(i, 0, size)
    return s


def _tensors(n: int) -> str:
    return "1 tensor" if n == 1 else f"{n} tensors"
