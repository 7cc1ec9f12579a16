"""Eager torch, any dtype, any cell: the backend that every other one is held against.

A value has no batch where it depends on weights alone ("fixed"); is computed for all rows at once
where it depends on inputs ("hoisted"); else step by step. Gradients are autograd's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from cellsearch.backends.base import Noise, Rows, Runner, States
from cellsearch.backends.torch_ops import UNITWISE
from cellsearch.derive.timing import FIXED, HOISTED, STEPWISE, timing
from cellsearch.errors import LanguageError
from cellsearch.ir import Graph, Node
from cellsearch.ir.ops import LAYERNORM_EPSILON, RMSNORM_EPSILON
from cellsearch.ir.widths import number


@dataclass
class Context:
    """What operations need besides their arguments."""

    noise: Noise
    rows: int
    like: Tensor
    # The shape of one row of a scalar: 1, in a plane 1 x 1 x 1.
    scalar: tuple[int, ...]


Operation = Callable[..., Tensor]


@dataclass(frozen=True)
class Instruction:
    """`values[out] = run(context, *values[args])`."""

    run: Operation
    args: tuple[int, ...]
    out: int


class ReferenceBackend:
    """See the module."""

    name = "reference"

    def prepare(
        self, graph: Graph, sizes: Mapping[str, int], space: tuple[int, ...] = ()
    ) -> Runner:
        """A runner of the graph at these sizes."""
        return _Runner(graph, sizes, space)


class _Runner:
    def __init__(self, graph: Graph, sizes: Mapping[str, int], space: tuple[int, ...]) -> None:
        self.graph = graph
        self.operations = _Operations(sizes, space, graph)
        self.index = {id(n): i for i, n in enumerate(graph.nodes)}
        self.group = timing(graph)
        self.operations.batched = {i: g != FIXED for i, g in self.group.items()}
        self.programs = [self._program(g) for g in (FIXED, HOISTED, STEPWISE)]
        self.is_batched = [self.group[id(n)] != FIXED for n in graph.nodes]
        self.output = self.index[id(graph.output)]
        self.next = [self.index[id(s.next)] for s in graph.states]
        self.leaves = {
            (n.op, str(n.attrs[0])): self.index[id(n)]
            for n in graph.nodes
            if n.op in ("input", "state", "weight")
        }
        self.per_step = self._hoisted_that_steps_read()

    def _program(self, group: int) -> list[Instruction]:
        return [
            Instruction(
                self.operations.of(n),
                tuple(self.index[id(a)] for a in _reads(n)),
                self.index[id(n)],
            )
            for n in graph_operations(self.graph)
            if self.group[id(n)] == group
        ]

    def _hoisted_that_steps_read(self) -> list[int]:
        read = {i for instruction in self.programs[STEPWISE] for i in instruction.args}
        read |= {self.output, *self.next}
        hoisted = {self.index[k] for k, g in self.group.items() if g == HOISTED}
        return sorted(read & hoisted)

    def __call__(
        self, weights: Mapping[str, Tensor], rows: Rows, states: States, noise: Noise
    ) -> tuple[Tensor, States]:
        like = next(iter(rows.inputs.values()))
        context = Context(noise, len(like), like, self.operations.scalar)
        values: list[Tensor] = [like] * len(self.index)
        for name, weight in weights.items():
            if ("weight", name) in self.leaves:
                values[self.leaves["weight", name]] = self.operations.in_plane(weight)
        for name, x in rows.inputs.items():
            if ("input", name) in self.leaves:
                values[self.leaves["input", name]] = x
        _execute(self.programs[FIXED], values, context)
        _execute(self.programs[HOISTED], values, context)
        return self._steps(values, rows, states, context)

    def _steps(
        self, values: list[Tensor], rows: Rows, states: States, context: Context
    ) -> tuple[Tensor, States]:
        parts = {i: torch.split(values[i], list(rows.counts)) for i in self.per_step}
        slots = [self.leaves.get(("state", s.name)) for s in self.graph.states]
        finished: list[States] = []
        outputs: list[Tensor] = []
        for t, count in enumerate(rows.counts):
            if count < len(states[0]):
                finished.append(tuple(s[count:] for s in states))
                states = tuple(s[:count] for s in states)
            for slot, state in zip(slots, states, strict=True):
                if slot is not None:
                    values[slot] = state
            for i, part in parts.items():
                values[i] = part[t]
            context.rows = count
            _execute(self.programs[STEPWISE], values, context)
            outputs.append(self._batched(values, self.output, count))
            states = tuple(self._batched(values, i, count) for i in self.next)
        return torch.cat(outputs), _rejoined(states, finished)

    def _batched(self, values: list[Tensor], i: int, count: int) -> Tensor:
        return (
            values[i]
            if self.is_batched[i]
            else _with_rows(values[i], count, self.operations.scalar)
        )


def graph_operations(graph: Graph) -> list[Node]:
    """The nodes that are computed: no leaves, no matrix that only its product reads."""
    read = {id(a) for n in graph.nodes for a in _reads(n)}
    read |= {id(graph.output), *(id(s.next) for s in graph.states)}
    leaves = ("input", "state", "weight")
    return [n for n in graph.nodes if n.op not in leaves and id(n) in read]


def _reads(n: Node) -> tuple[Node, ...]:
    """What an operation reads; a product with blocks or filters reads the weight itself."""
    if n.op == "matmul" and n.args[0].op in ("block", "conv"):
        return (n.args[0].args[0], n.args[1])
    return n.args


def _execute(program: list[Instruction], values: list[Tensor], context: Context) -> None:
    for i in program:
        values[i.out] = i.run(context, *[values[a] for a in i.args])


def _with_rows(value: Tensor, rows: int, scalar: tuple[int, ...]) -> Tensor:
    """A value without batch, once for each row; a scalar in the shape that it has in a row."""
    value = value.reshape(scalar) if value.dim() == 0 else value
    return value.expand(rows, *value.shape)


def _rejoined(states: States, finished: list[States]) -> States:
    """Final states of all sequences: those that ended last stand first."""
    ordered = [states, *reversed(finished)]
    return tuple(torch.cat(parts) for parts in zip(*ordered, strict=True)) if finished else states


class _Operations:
    """The function that computes a node."""

    def __init__(self, sizes: Mapping[str, int], space: tuple[int, ...], graph: Graph) -> None:
        self.sizes = sizes
        self.space = space
        self.scalar = (1, *(1 for _ in space))
        self.consts = {n: number(e, sizes) for n, e in graph.consts.items()}
        self.batched: dict[int, bool] = {}

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
        p, per_sequence = float(n.attrs[0]), n.attrs[2] == "sequence"
        fixed = not self._is_batched(n.args[0]) and not per_sequence
        return partial(_dropout, p, fixed)

    def _zoneout(self, n: Node) -> Operation:
        return partial(_zoneout, float(n.attrs[0]), [not self._is_batched(a) for a in n.args])


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


def _dropout(p: float, fixed: bool, context: Context, a: Tensor) -> Tensor:
    a = _with_rows(a, context.rows, context.scalar) if fixed else a
    if not context.noise.training:
        return a
    mask = torch.empty_like(a).bernoulli_(1 - p, generator=context.noise.generator)
    return a * mask / (1 - p)


def _zoneout(p: float, fixed: list[bool], context: Context, new: Tensor, old: Tensor) -> Tensor:
    new, old = (
        _with_rows(a, context.rows, context.scalar) if f else a
        for a, f in zip((new, old), fixed, strict=True)
    )
    if not context.noise.training:
        return p * old + (1 - p) * new
    kept = torch.empty_like(new).bernoulli_(p, generator=context.noise.generator)
    return torch.where(kept.bool(), old, new)


# Matrices that change from step to step, or are made of vectors.
_NOT_IN_PLANE = frozenset({"outer", "diag", "block", "scale_rows", "scale_columns"})


def require_space(graph: Graph, space: tuple[int, ...]) -> None:
    """Filters need units that are channels x height x width, and few other operations take them.

    Raises:
        LanguageError: a cell with `conv` without a space, or one with matrix values in one.
    """
    has_conv = any(n.op == "conv" for n in graph.nodes)
    if has_conv and not space:
        raise LanguageError(
            f"'{graph.name}' has filters (conv): input_size is (channels, height, width)"
        )
    for n in graph.nodes if space else ():
        if n.op in _NOT_IN_PLANE or (n.op == "state" and n.type.kind == "matrix"):
            message = f"'{graph.name}' has units in a plane, which '{n.op}' of {n.type} cannot have"
            raise LanguageError(message)
