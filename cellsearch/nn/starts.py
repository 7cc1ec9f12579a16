"""Values of `init` lines: initial weights, and the states before the first step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from cellsearch.backends.unitwise import UNITWISE
from cellsearch.ir import Graph, Weight
from cellsearch.ir.expressions import Binary, Call, Expression, Name, Negative, Number
from cellsearch.ir.starts import source_weight
from cellsearch.ir.widths import number

_CPU = torch.device("cpu")
_ARITHMETIC = {"+": "add", "-": "sub", "*": "mul", "/": "div"}


def draw_weights(
    graph: Graph,
    sizes: Mapping[str, int],
    generator_for: Callable[[str], torch.Generator | None],
) -> dict[str, Tensor]:
    """Initial weights in float64.

    Args:
        graph: the cell.
        sizes: H, X.
        generator_for: the generator of a weight, by its name; None is torch's global one.
    """
    drawn: dict[str, Tensor] = {}

    def value(name: str) -> Tensor:
        if name not in drawn:
            w = graph.weights[name]
            scope = _Scope(graph, sizes, w.shape(sizes), value, name, _CPU, generator_for(name))
            drawn[name] = _initial(w, scope)
        return drawn[name]

    for name in graph.weights:
        value(name)
    return drawn


def _initial(w: Weight, scope: _Scope) -> Tensor:
    if w.start is not None:
        return torch.broadcast_to(scope.of(w.start), scope.shape).clone()
    if w.type.kind != "matrix":
        return torch.zeros(scope.shape, dtype=torch.float64, device=_CPU)
    bound = 1 / math.sqrt(scope.sizes["H"])
    return scope.uniform(-bound, bound)


def start_state(
    graph: Graph,
    sizes: Mapping[str, int],
    start: Expression | None,
    shape: tuple[int, ...],
    weights: Mapping[str, Tensor],
    like: Tensor,
) -> Tensor:
    """A state before the first step, without batch: shaped to broadcast to `shape`.

    Gradients reach the weights that it is made of. Its dtype and device are those of `like`.
    """
    if start is None:
        return like.new_zeros(shape)
    scope = _Scope(graph, sizes, shape, weights.__getitem__, "", like.device)
    return scope.of(start).to(like.device, like.dtype)


@dataclass(frozen=True)
class _Scope:
    """What the names of a start mean; whatever torch's default device is.

    Draws are made on the CPU and are the same for every device. Single numbers go with tensors of
    any device.
    """

    graph: Graph
    sizes: Mapping[str, int]
    shape: tuple[int, ...]
    weight: Callable[[str], Tensor]
    owner: str
    device: torch.device
    generator: torch.Generator | None = None

    def of(self, e: Expression) -> Tensor:
        match e:
            case Number(value=v):
                return _scalar(v)
            case Name(name=n):
                return self._name(n)
            case Negative(operand=a):
                return -self.of(a)
            case Binary(op=op, left=a, right=b):
                return UNITWISE[_ARITHMETIC[op]](self.of(a), self.of(b))
            case Call(function="uniform", items=(low, high)):
                lowest = self.of(low)
                return lowest + (self.of(high) - lowest) * self._rand()
            case Call(function="normal", items=(deviation,)):
                return self.of(deviation) * self._randn()
            case Call(function="identity", items=(a,)):
                return self.of(a)
            case Call(function=f, items=items):
                return UNITWISE[f](*map(self.of, items))
        raise AssertionError(f"no value for {e}")

    def _name(self, n: str) -> Tensor:
        if n == "ramp":
            return self._ramp()
        if n == "orthogonal":
            return self._orthogonal()
        if n in self.graph.consts:
            return _scalar(number(self.graph.consts[n], self.sizes))
        if n in ("H", "X", "inf"):
            known = {"inf": math.inf, **self.sizes}
            return _scalar(known[n])
        source = source_weight(n, self.owner, self.graph.weights)
        assert source is not None
        return self.weight(source)

    def _rand(self) -> Tensor:
        return torch.rand(self.shape, dtype=torch.float64, device=_CPU, generator=self.generator)

    def _randn(self) -> Tensor:
        return torch.randn(self.shape, dtype=torch.float64, device=_CPU, generator=self.generator)

    def uniform(self, low: float, high: float) -> Tensor:
        return low + (high - low) * self._rand()

    def _ramp(self) -> Tensor:
        """0 to 1 over the units: over the first dimension."""
        units = self.shape[0] if self.shape else 1
        ramp = torch.linspace(0, 1, units, dtype=torch.float64, device=self.device)
        return ramp.reshape(-1, *(1 for _ in self.shape[1:])) if self.shape else ramp[0]

    def _orthogonal(self) -> Tensor:
        if len(self.shape) != 3:
            return self._orthogonal_matrix(self.shape)
        return torch.stack([self._orthogonal_matrix(self.shape[1:]) for _ in range(self.shape[0])])

    def _orthogonal_matrix(self, shape: tuple[int, ...]) -> Tensor:
        empty = torch.empty(shape, dtype=torch.float64, device=_CPU)
        if len(shape) < 2:
            return torch.nn.init.normal_(empty, generator=self.generator)
        return torch.nn.init.orthogonal_(empty, generator=self.generator)


def _scalar(value: float) -> Tensor:
    return torch.tensor(float(value), dtype=torch.float64, device=_CPU)
