"""The unit-by-unit operations of the language in torch: its own functions, else their bodies."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from cellsearch.ir.ops import OPS

_OWN: dict[str, Callable[..., Tensor]] = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "neg": torch.neg,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "gelu": F.gelu,
    "silu": F.silu,
    "softplus": F.softplus,
    "softsign": F.softsign,
    # The gradient of torch.nn.functional.hardsigmoid has a sixth of float32, in float64 too.
    "hard_sigmoid": lambda a: F.hardtanh(a / 6 + 0.5, 0.0, 1.0),
    "hard_tanh": F.hardtanh,
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "abs": torch.abs,
    "sin": torch.sin,
    "cos": torch.cos,
    "square": torch.square,
    "min": torch.minimum,
    "max": torch.maximum,
}


class _Torch:
    """What bodies are made of, as tensors."""

    exp, log, log1p, expm1, sqrt = torch.exp, torch.log, torch.log1p, torch.expm1, torch.sqrt
    abs, sin, cos, tanh, sigmoid = torch.abs, torch.sin, torch.cos, torch.tanh, torch.sigmoid
    erf = torch.erf

    @staticmethod
    def min(a: Any, b: Any) -> Tensor:
        return torch.minimum(*_tensors(a, b))

    @staticmethod
    def max(a: Any, b: Any) -> Tensor:
        return torch.maximum(*_tensors(a, b))

    @staticmethod
    def select(a: Any, b: Any, x: Any, y: Any) -> Tensor:
        return torch.where(a > b, x, y)


def _tensors(a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """Both as tensors, where one is a number."""
    like = a if isinstance(a, Tensor) else b
    one, other = (x if isinstance(x, Tensor) else like.new_tensor(x) for x in (a, b))
    return one, other


def from_body(op: str) -> Callable[..., Tensor]:
    """An operation by its body."""
    return partial(OPS[op].body, _Torch())


# A node called `identity` is the matrix; the function makes none.
_BODIES = {op: from_body(op) for op in OPS if op != "identity"}
UNITWISE: dict[str, Callable[..., Tensor]] = _BODIES | _OWN
