"""The inputs of a call, brought to rows: one sequence or several, and vectors for a whole one."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from cellsearch.errors import ShapeError
from cellsearch.nn.packing import Layout, sequence_of_row, to_rows

Input = Tensor | PackedSequence | tuple[Tensor | PackedSequence, ...]


def rows_of(
    input: Input, units: dict[str, tuple[int, ...]], batch_first: bool
) -> tuple[dict[str, Tensor], Layout]:
    """Rows [N, …] of each input, and the layout, which is the first input's.

    Args:
        input: one tensor or packed sequence, or as many as the cell has inputs.
        units: by the input's name the shape of its value at one step.
        batch_first: how tensors are laid out.

    Raises:
        ShapeError: a number or a shape that does not fit.
    """
    given = _as_tuple(input)
    if len(given) != len(units):
        names = ", ".join(units)
        raise ShapeError(f"expected the inputs ({names}), got {_tensors(len(given))}")
    for name, x in zip(units, given, strict=True):
        _check_kind(name, x)
    pairs = zip(units.items(), given, strict=True)
    (first, unit), x = next(pairs)
    rows, layout = to_rows(x, unit, batch_first)
    return {first: rows, **{n: _further(n, x, unit, layout) for (n, unit), x in pairs}}, layout


def check_like(values: Iterable[tuple[str, Tensor]], weight: Tensor) -> None:
    """Refuse tensors on another device or of another dtype than the weights, where nothing casts.

    Raises:
        ShapeError: naming the first of them.
    """
    for name, x in values:
        if x.device != weight.device:
            message = f"{name}: expected device {weight.device}, as the weights, got {x.device}"
            raise ShapeError(message)
        if x.dtype != weight.dtype and not _is_cast(x, weight.dtype):
            raise ShapeError(f"{name}: expected {weight.dtype}, as the weights, got {x.dtype}")


# What autocast turns into each other: no float64, no whole numbers.
_CAST = frozenset({torch.float16, torch.bfloat16, torch.float32})


def _is_cast(x: Tensor, dtype: torch.dtype) -> bool:
    return {x.dtype, dtype} <= _CAST and torch.is_autocast_enabled(x.device.type)


def _as_tuple(input: Input) -> tuple[Tensor | PackedSequence, ...]:
    # A PackedSequence is a named tuple, but one input.
    if isinstance(input, tuple | list) and not isinstance(input, PackedSequence):
        return tuple(input)
    return (input,)


def _check_kind(name: str, x: object) -> None:
    if not isinstance(x, Tensor | PackedSequence):
        got = type(x).__name__
        raise ShapeError(f"input '{name}': expected a tensor or a PackedSequence, got {got}")


def _further(
    name: str, x: Tensor | PackedSequence, unit: tuple[int, ...], layout: Layout
) -> Tensor:
    """A further input: a sequence laid out as the first, or one vector for each sequence."""
    if isinstance(x, Tensor) and list(x.shape) == _whole_shape(unit, layout):
        return _every_step(x.reshape(layout.batch, *unit), layout)
    if isinstance(x, Tensor) and (layout.packed or list(x.shape) != _shape(unit, layout)):
        raise ShapeError(f"input '{name}': expected {_wanted(unit, layout)}, got {list(x.shape)}")
    rows, own = to_rows(x, unit, layout.batch_first)
    if own.counts != layout.counts or own.order() != layout.order():
        raise ShapeError(f"input '{name}': its sequences have other lengths than the first input's")
    return rows


def _every_step(x: Tensor, layout: Layout) -> Tensor:
    if layout.packed is not None and layout.packed.sorted_indices is not None:
        x = x[layout.packed.sorted_indices]
    return x[sequence_of_row(layout.counts).to(x.device)]


def _whole_shape(unit: tuple[int, ...], layout: Layout) -> list[int]:
    return [layout.batch, *unit] if layout.batched else list(unit)


def _shape(unit: tuple[int, ...], layout: Layout) -> list[int]:
    steps = len(layout.counts)
    if not layout.batched:
        return [steps, *unit]
    return [layout.batch, steps, *unit] if layout.batch_first else [steps, layout.batch, *unit]


def _wanted(unit: tuple[int, ...], layout: Layout) -> str:
    sequence = "a PackedSequence as the first" if layout.packed else str(_shape(unit, layout))
    return f"{sequence}, or {_whole_shape(unit, layout)} for the whole sequence"


def _tensors(n: int) -> str:
    return "1 tensor" if n == 1 else f"{n} tensors"
