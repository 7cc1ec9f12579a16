"""Masks of dropout and zoneout: drawn for all rows at once, so that every backend draws alike."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from cellsearch.backends.base import Noise
from cellsearch.ir import Node


def is_drawn_by_row(n: Node) -> bool:
    """Whether it has a mask for every row; `dropout(U, p)` has one for a whole sequence."""
    return n.op == "zoneout" or (n.op == "dropout" and n.attrs[2] == "step")


def drawn(nodes: Iterable[Node]) -> list[Node]:
    """Those that draw a mask for every row, in the order in which they draw."""
    return sorted(filter(is_drawn_by_row, nodes), key=lambda n: int(n.attrs[1]))


def mask(n: Node, shape: tuple[int, ...], like: Tensor, noise: Noise) -> Tensor:
    """The mask of a node, [rows, …].

    Of dropout it is 0, or what keeps the mean; of zoneout 1 where the old value stays.
    """
    p = float(n.attrs[0])
    out = like.new_empty(shape)
    if n.op == "zoneout":
        return out.bernoulli_(p, generator=noise.generator)
    return out.bernoulli_(1 - p, generator=noise.generator).div_(1 - p)


def fixed_dropout(n: Node, a: Tensor, noise: Noise) -> Tensor:
    """A matrix with some of its entries dropped, the same for a whole sequence."""
    if not noise.training:
        return a
    return a * mask(n, tuple(a.shape), a, noise)


def dropped(a: Tensor, masks: Tensor | None) -> Tensor:
    """`dropout`; without masks, in evaluation, nothing is."""
    return a if masks is None else a * masks


def zoned_out(n: Node, new: Tensor, old: Tensor, masks: Tensor | None) -> Tensor:
    """`zoneout`; in evaluation the mean of its values."""
    if masks is None:
        p = float(n.attrs[0])
        return p * old + (1 - p) * new
    return torch.where(masks.bool(), old, new)
