"""Sequences as rows: what `RNN` is called with, brought to one form, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from cellsearch.errors import ShapeError


@dataclass(frozen=True)
class Layout:
    """How the caller's tensors were laid out.

    Attributes:
        counts: sequences still running at each step.
        batched: whether there was a batch dimension.
        packed: the caller's packed sequence, if it was one.
    """

    counts: tuple[int, ...]
    batched: bool
    batch_first: bool
    packed: PackedSequence | None

    @property
    def batch(self) -> int:
        """B."""
        return self.counts[0]

    def order(self) -> list[int]:
        """The caller's number of each sequence, the longest first."""
        indices = self.packed and self.packed.sorted_indices
        return list(range(self.batch)) if indices is None else indices.tolist()

    def restore(self, rows: Tensor) -> Tensor | PackedSequence:
        """Rows [N, …] in the form in which the input came."""
        if self.packed is not None:
            p = self.packed
            return PackedSequence(rows, p.batch_sizes, p.sorted_indices, p.unsorted_indices)
        out = rows.reshape(len(self.counts), self.batch, *rows.shape[1:])
        if not self.batched:
            return out[:, 0]
        return out.transpose(0, 1) if self.batch_first else out


def to_rows(
    x: Tensor | PackedSequence, unit: tuple[int, ...], batch_first: bool
) -> tuple[Tensor, Layout]:
    """Rows [N, *unit] of a batch [T, B, *unit], of one sequence [T, *unit], or of packed ones.

    Raises:
        ShapeError: another shape, or no step at all.
    """
    if isinstance(x, PackedSequence):
        _check_packed(x.data, unit)
        return x.data, Layout(tuple(x.batch_sizes.tolist()), True, False, x)
    batched = x.dim() == len(unit) + 2
    _check_unit(x, unit, batched or x.dim() == len(unit) + 1, batch_first)
    given = list(x.shape)
    if not batched:
        x = x[:, None]
    elif batch_first:
        x = x.transpose(0, 1)
    steps, batch = x.shape[:2]
    if steps == 0:
        raise ShapeError(f"expected at least one step, got {given}")
    layout = Layout((batch,) * steps, batched, batch_first, None)
    return x.reshape(steps * batch, *unit), layout


def _check_unit(x: Tensor, unit: tuple[int, ...], ranks_fit: bool, batch_first: bool) -> None:
    if not ranks_fit or tuple(x.shape[x.dim() - len(unit) :]) != unit:
        wanted, lead = ", ".join(map(str, unit)), "B, T" if batch_first else "T, B"
        message = f"expected an input of shape [{lead}, {wanted}] or [T, {wanted}]"
        raise ShapeError(f"{message}, got {list(x.shape)}")


def _check_packed(data: Tensor, unit: tuple[int, ...]) -> None:
    if tuple(data.shape[1:]) != unit:
        got = list(data.shape[1:])
        raise ShapeError(f"expected packed sequences of {list(unit)} at each step, got {got}")


def sequence_of_row(counts: Sequence[int]) -> Tensor:
    """For each row, the number of the sequence that it belongs to: [N]."""
    return torch.cat([torch.arange(c) for c in counts])


def reversal(counts: Sequence[int]) -> Tensor:
    """The order of rows in which each sequence runs backwards; it is its own inverse. [N]."""
    offsets = torch.tensor([0, *counts]).cumsum(0)[:-1]
    sizes = torch.tensor(list(counts))
    which = sequence_of_row(counts)
    step = torch.repeat_interleave(torch.arange(len(counts)), sizes)
    lengths = (sizes[:, None] > torch.arange(counts[0])).sum(0)
    return offsets[lengths[which] - 1 - step] + which
