"""The functions of the language. To add one that works unit by unit, add its paragraph here.

Each has a body in NumPy, float64, with torch's meaning and constants; it is what the oracle
evaluates. A backend may have its own; `tests/backends` holds it against this one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Op:
    """A function that works unit by unit.

    Attributes:
        body: its value in NumPy, of as many arrays as it takes.
        latex: how it is typeset, with `{0}`, `{1}` for its arguments.
        arity: how many arguments it takes.
        odd: whether f(-a) = -f(a), which decides which weights may be mirrored.
    """

    body: Callable[..., Array]
    latex: str
    arity: int = 1
    odd: bool = False


def _sigmoid(a: Array) -> Array:
    # In halves of tanh: no overflow at either end.
    return 0.5 + 0.5 * np.tanh(0.5 * a)


def _softplus(a: Array) -> Array:
    # torch goes over to the identity above 20; the two differ there by less than 3e-9.
    return np.where(a > 20.0, a, np.log1p(np.exp(np.minimum(a, 20.0))))


def _elu(a: Array) -> Array:
    return np.maximum(a, 0.0) + np.expm1(np.minimum(a, 0.0))


_erf = np.vectorize(math.erf, otypes=[np.float64])


OPS: dict[str, Op] = {
    "sigmoid": Op(_sigmoid, r"\sigma({0})"),
    "tanh": Op(np.tanh, r"\tanh({0})", odd=True),
    "relu": Op(lambda a: np.maximum(a, 0.0), r"\mathrm{{relu}}({0})"),
    "leaky_relu": Op(
        lambda a: np.maximum(a, 0) + 0.01 * np.minimum(a, 0), r"\mathrm{{leaky\_relu}}({0})"
    ),
    "elu": Op(_elu, r"\mathrm{{elu}}({0})"),
    "gelu": Op(lambda a: 0.5 * a * (1 + _erf(a / math.sqrt(2.0))), r"\mathrm{{gelu}}({0})"),
    "silu": Op(lambda a: a * _sigmoid(a), r"\mathrm{{silu}}({0})"),
    "softplus": Op(_softplus, r"\mathrm{{softplus}}({0})"),
    "softsign": Op(lambda a: a / (1 + np.abs(a)), r"\mathrm{{softsign}}({0})", odd=True),
    "hard_sigmoid": Op(lambda a: np.clip(a / 6 + 0.5, 0, 1), r"\mathrm{{hard\_sigmoid}}({0})"),
    "hard_tanh": Op(lambda a: np.clip(a, -1, 1), r"\mathrm{{hard\_tanh}}({0})", odd=True),
    "exp": Op(np.exp, r"\exp({0})"),
    "log": Op(np.log, r"\log({0})"),
    "sqrt": Op(np.sqrt, r"\sqrt{{{0}}}"),
    "abs": Op(np.abs, r"\lvert {0} \rvert"),
    "sin": Op(np.sin, r"\sin({0})", odd=True),
    "cos": Op(np.cos, r"\cos({0})"),
    "square": Op(np.square, r"({0})^2"),
    "identity": Op(lambda a: a, r"{0}", odd=True),
    "min": Op(np.minimum, r"\min({0}, {1})", arity=2),
    "max": Op(np.maximum, r"\max({0}, {1})", arity=2),
}

# torch.nn.functional.layer_norm's constant; rms_norm's default is the type's own, made fixed here.
LAYERNORM_EPSILON = 1e-5
RMSNORM_EPSILON = 1e-6

STRUCTURES = {"diag": 1, "block": 2, "conv": 2, "outer": 2}
REDUCTIONS = {"sum": 1, "mean": 1}
NORMS = {"layernorm": 1, "rmsnorm": 1}
NOISE = {"dropout": 2, "zoneout": 3}
DRAWS = {"uniform": 2, "normal": 1}

ARITY: dict[str, int] = {
    **{name: op.arity for name, op in OPS.items()},
    **STRUCTURES,
    **REDUCTIONS,
    **NORMS,
    **NOISE,
    **DRAWS,
    "delay": 2,
}

KEYWORDS = frozenset({"cell", "param", "const", "init", "output", "needs", "repeat", "with"})
START_WORDS = frozenset({"learned", "default", "orthogonal", "ramp", "inf"})
RESERVED = KEYWORDS | START_WORDS | frozenset(ARITY) | {"H", "X", "I", "scalar"}
