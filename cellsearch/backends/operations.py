"""What each operation of a graph is in eager torch, with a batch and without."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from cellsearch.backends.base import Noise
from cellsearch.backends.noise import dropped, fixed_dropout, is_drawn_by_row, zoned_out
from cellsearch.backends.taps import Tape
from cellsearch.backends.unitwise import UNITWISE
from cellsearch.ir import Graph, Node
from cellsearch.ir.ops import LAYERNORM_EPSILON, RMSNORM_EPSILON
from cellsearch.ir.widths import number


@dataclass
class Context:
    """What operations need besides their arguments."""

    noise: Noise
    rows: int
    like: Tensor
    # Masks of these rows, by the site that draws them; none in evaluation.
    masks: dict[int, Tensor] = field(default_factory=dict)
    # The step, and where its values are written down, if anywhere.
    t: int = 0
    tape: Tape | None = None


Operation = Callable[..., Tensor]


class Operations:
    """The function that computes a node, at the sizes of one layer."""

    def __init__(
        self,
        graph: Graph,
        sizes: Mapping[str, int],
        space: tuple[int, ...],
        batched: Mapping[int, bool],
    ) -> None:
        self.sizes = sizes
        self.space = space
        self.scalar = (1, *(1 for _ in space))
        self.consts = {n: number(e, sizes) for n, e in graph.consts.items()}
        self.batched = batched

    def of(self, n: Node) -> Operation:
        if n.op in UNITWISE:
            return self._unitwise(n)
        return getattr(self, f"_{n.op}")(n)  # type: ignore[no-any-return]

    def in_plane(self, weight: Tensor) -> Tensor:
        """In a plane a vector weight has one number for each channel."""
        if not self.space or weight.dim() != 1:
            return weight
        return weight[:, None, None].expand(-1, *self.space)

    def _shape(self, n: Node) -> tuple[int, ...]:
        shape = tuple(s.at(self.sizes) for s in n.type.sizes)
        return (*shape, *self.space) if len(shape) == 1 else shape

    def _is_batched(self, n: Node) -> bool:
        return self.batched[id(n)]

    def _unitwise(self, n: Node) -> Operation:
        f = UNITWISE[n.op]
        lift = [self._lift(n, a) for a in n.args]
        if not any(lift):
            return lambda context, *args: f(*args)
        return lambda context, *args: f(*map(_lifted, args, lift))

    def _lift(self, n: Node, a: Node) -> int:
        """How many dimensions a batched scalar needs to go with a matrix."""
        scalar = not a.type.sizes and self._is_batched(a)
        return 1 if scalar and n.type.kind == "matrix" else 0

    def _number(self, n: Node) -> Operation:
        value = float(n.attrs[0])
        return lambda context: context.like.new_tensor(value)

    def _const(self, n: Node) -> Operation:
        value = self.consts[str(n.attrs[0])]
        return lambda context: context.like.new_tensor(value)

    def _identity(self, n: Node) -> Operation:
        (side, _) = self._shape(n)
        return lambda context: torch.eye(side, dtype=context.like.dtype, device=context.like.device)

    def _zeros(self, n: Node) -> Operation:
        shape = self._shape(n)
        return lambda context: context.like.new_zeros(shape)

    def _expand(self, n: Node) -> Operation:
        shape = self._shape(n)
        if not self._is_batched(n):
            return lambda context, a: a.expand(shape)
        extra = (1,) * (len(shape) - 1) if not self.space else ()
        return lambda context, a: a.reshape(*a.shape, *extra).expand(len(a), *shape)

    def _squeeze(self, n: Node) -> Operation:
        if self._is_batched(n):
            return lambda context, a: a
        return lambda context, a: a.reshape(())

    def _transpose(self, n: Node) -> Operation:
        return lambda context, a: a.transpose(-1, -2)

    def _diag(self, n: Node) -> Operation:
        return lambda context, a: torch.diag_embed(a)

    def _outer(self, n: Node) -> Operation:
        return lambda context, a, b: a[..., :, None] * b[..., None, :]

    def _scale_rows(self, n: Node) -> Operation:
        return lambda context, v, m: v[..., :, None] * m

    def _scale_columns(self, n: Node) -> Operation:
        return lambda context, m, v: m * v[..., None, :]

    def _block(self, n: Node) -> Operation:
        return lambda context, a: _block_diagonal(a)

    def _matmul(self, n: Node) -> Operation:
        a, b = n.args
        if a.op == "conv":
            return _filter(int(a.attrs[0]))
        if a.op == "block":
            return self._block_product(b)
        if b.type.kind == "matrix":
            return lambda context, m, v: m @ v
        if self.space:
            return lambda context, m, v: torch.einsum("rc,...chw->...rhw", m, v)
        if self._is_batched(a):
            if self._is_batched(b):
                return lambda context, m, v: (m @ v[..., None])[..., 0]
            return lambda context, m, v: m @ v
        return lambda context, m, v: F.linear(v, m)

    def _block_product(self, b: Node) -> Operation:
        if b.type.kind == "matrix" or not self._is_batched(b):
            return lambda context, w, v: _block_diagonal(w) @ v
        # [N, heads · c] -> heads times [N, c] @ [c, r] -> [N, heads · r]
        return lambda context, w, v: torch.einsum(
            "hrc,nhc->nhr", w, v.reshape(len(v), w.shape[0], w.shape[2])
        ).flatten(1)

    def _units(self, n: Node) -> tuple[int, ...]:
        (a,) = n.args
        rank = len(a.type.sizes) + (len(self.space) if a.type.sizes else 0)
        return tuple(range(-rank, 0))

    def _reduced(self, n: Node, f: Callable[..., Tensor]) -> Operation:
        (a,) = n.args
        if not a.type.sizes:
            return lambda context, v: v
        if not self._is_batched(a):
            return lambda context, v: f(v)
        dims = self._units(n)
        kept = (1, 1, 1) if self.space else (1,)
        return lambda context, v: f(v, dims).reshape(len(v), *kept)

    def _sum(self, n: Node) -> Operation:
        return self._reduced(n, torch.sum)

    def _mean(self, n: Node) -> Operation:
        return self._reduced(n, torch.mean)

    def _layernorm(self, n: Node) -> Operation:
        k = len(self._units(n))
        return lambda context, v: F.layer_norm(v, v.shape[-k:], eps=LAYERNORM_EPSILON)

    def _rmsnorm(self, n: Node) -> Operation:
        dims = self._units(n)
        return lambda context, v: (
            v * torch.rsqrt(v.square().mean(dims, keepdim=True) + RMSNORM_EPSILON)
        )

    def _dropout(self, n: Node) -> Operation:
        if not is_drawn_by_row(n):
            return lambda context, a: fixed_dropout(n, a, context.noise)
        site, rows = int(n.attrs[1]), partial(self._with_rows, self._is_batched(n.args[0]))
        return lambda context, a: dropped(rows(context, a), context.masks.get(site))

    def _tap(self, n: Node) -> Operation:
        name, rows = str(n.attrs[0]), partial(self._with_rows, self._is_batched(n.args[0]))
        return lambda context, a: _written(context, name, rows(context, a))

    def _zoneout(self, n: Node) -> Operation:
        site = int(n.attrs[1])
        rows = [partial(self._with_rows, self._is_batched(a)) for a in n.args]
        return lambda context, new, old: zoned_out(
            n, rows[0](context, new), rows[1](context, old), context.masks.get(site)
        )

    def _with_rows(self, batched: bool, context: Context, a: Tensor) -> Tensor:
        return a if batched else with_rows(a, context.rows, self.scalar)

    def row_shape(self, n: Node) -> tuple[int, ...]:
        """The shape of one row of a value."""
        return self._shape(n) or self.scalar


def with_rows(value: Tensor, rows: int, scalar: tuple[int, ...]) -> Tensor:
    """A value without batch, once for each row; a scalar in the shape that it has in a row."""
    value = value.reshape(scalar) if value.dim() == 0 else value
    return value.expand(rows, *value.shape)


def _written(context: Context, name: str, value: Tensor) -> Tensor:
    return value if context.tape is None else context.tape.passed(name, context.t, value)


def _filter(side: int) -> Operation:
    """A filter that keeps the plane's size; an even one reaches further right and down."""
    before, after = (side - 1) // 2, side // 2
    if before == after:
        return lambda context, w, v: F.conv2d(v, w, padding=before)
    return lambda context, w, v: F.conv2d(F.pad(v, (before, after) * 2), w)


def _block_diagonal(w: Tensor) -> Tensor:
    dense: Tensor = torch.block_diag(*w)  # type: ignore[no-untyped-call]
    return dense


def _lifted(a: Tensor, dims: int) -> Tensor:
    return a[..., None] if dims else a
