"""The functions of the language. To add one that works unit by unit, add its paragraph here.

Each has a body over a few primitives, with torch's meaning and constants, and its slopes. The
oracle evaluates the body in NumPy; the gradient is made of the slopes; a backend that knows the
primitives has every function, and may have its own, which `tests/backends` holds against this one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


Body = Callable[..., Any]


class Numpy:
    """What bodies and slopes are made of, besides `+ - * /`, in float64.

    Others of the same names are made of nodes, and of code. `select(a, b, x, y)` is x where a > b,
    else y.
    """

    exp, log, log1p, expm1, sqrt = np.exp, np.log, np.log1p, np.expm1, np.sqrt
    abs, sin, cos, tanh = np.abs, np.sin, np.cos, np.tanh
    min, max = np.minimum, np.maximum
    erf = staticmethod(np.vectorize(math.erf, otypes=[np.float64]))

    @staticmethod
    def sigmoid(a: Array) -> Array:
        # In halves of tanh: no overflow at either end.
        return 0.5 + 0.5 * np.tanh(0.5 * a)

    @staticmethod
    def select(a: Array, b: Array, x: Array, y: Array) -> Array:
        return np.where(a > b, x, y)


NUMPY = Numpy()


@dataclass(frozen=True)
class Op:
    """A function that works unit by unit.

    Attributes:
        body: `body(m, *arguments)`, its value by the primitives of `m`.
        latex: how it is typeset, with `{0}`, `{1}` for its arguments.
        slopes: for each argument `slope(m, y, *arguments)`, the derivative, where y is the value.
        odd: whether f(-a) = -f(a), which decides which weights may be mirrored.
    """

    body: Body
    latex: str
    slopes: tuple[Body, ...]
    odd: bool = False

    @property
    def arity(self) -> int:
        """How many arguments it takes."""
        return len(self.slopes)

    def __call__(self, *arguments: Array | np.float64) -> Array:
        """Its value in NumPy."""
        value: Array = self.body(NUMPY, *arguments)
        return value


def _softplus(m: Any, a: Any) -> Any:
    # torch goes over to the identity above 20; the two differ there by less than 3e-9.
    return m.select(a, 20.0, a, m.log1p(m.exp(m.min(a, 20.0))))


def _softplus_slope(m: Any, y: Any, a: Any) -> Any:
    return m.select(a, 20.0, 1.0, m.sigmoid(a))


def _gelu_slope(m: Any, y: Any, a: Any) -> Any:
    density = m.exp(-0.5 * a * a) / math.sqrt(2.0 * math.pi)
    return 0.5 * (1.0 + m.erf(a / math.sqrt(2.0))) + a * density


def _silu_slope(m: Any, y: Any, a: Any) -> Any:
    s = m.sigmoid(a)
    return s + y * (1.0 - s)


def _softsign_slope(m: Any, y: Any, a: Any) -> Any:
    d = 1.0 + m.abs(a)
    return 1.0 / (d * d)


def _above(m: Any, a: Any, b: Any) -> Any:
    return m.select(a, b, 1.0, 0.0)


def _inside(m: Any, a: Any, low: float, high: float) -> Any:
    return _above(m, a, low) * _above(m, high, a)


def _larger(m: Any, a: Any, b: Any) -> Any:
    """1 where a > b, 0 where a < b; where they are equal each has half of the slope."""
    return 0.5 * (_above(m, a, b) + (1.0 - _above(m, b, a)))


OPS: dict[str, Op] = {
    "sigmoid": Op(
        lambda m, a: m.sigmoid(a), r"\sigma({0})", slopes=(lambda m, y, a: y * (1.0 - y),)
    ),
    "tanh": Op(
        lambda m, a: m.tanh(a), r"\tanh({0})", slopes=(lambda m, y, a: 1.0 - y * y,), odd=True
    ),
    "relu": Op(
        lambda m, a: m.max(a, 0.0),
        r"\mathrm{{relu}}({0})",
        slopes=(lambda m, y, a: _above(m, y, 0.0),),
    ),
    "leaky_relu": Op(
        lambda m, a: m.max(a, 0.0) + 0.01 * m.min(a, 0.0),
        r"\mathrm{{leaky\_relu}}({0})",
        slopes=(lambda m, y, a: m.select(y, 0.0, 1.0, 0.01),),
    ),
    "elu": Op(
        lambda m, a: m.max(a, 0.0) + m.expm1(m.min(a, 0.0)),
        r"\mathrm{{elu}}({0})",
        slopes=(lambda m, y, a: m.select(y, 0.0, 1.0, y + 1.0),),
    ),
    "gelu": Op(
        lambda m, a: 0.5 * a * (1.0 + m.erf(a / math.sqrt(2.0))),
        r"\mathrm{{gelu}}({0})",
        slopes=(_gelu_slope,),
    ),
    "silu": Op(lambda m, a: a * m.sigmoid(a), r"\mathrm{{silu}}({0})", slopes=(_silu_slope,)),
    "softplus": Op(
        _softplus,
        r"\mathrm{{softplus}}({0})",
        slopes=(lambda m, y, a: m.select(a, 20.0, 1.0, m.sigmoid(a)),),
    ),
    "softsign": Op(
        lambda m, a: a / (1.0 + m.abs(a)),
        r"\mathrm{{softsign}}({0})",
        slopes=(_softsign_slope,),
        odd=True,
    ),
    "hard_sigmoid": Op(
        lambda m, a: m.min(m.max(a / 6.0 + 0.5, 0.0), 1.0),
        r"\mathrm{{hard\_sigmoid}}({0})",
        slopes=(lambda m, y, a: _inside(m, a, -3.0, 3.0) / 6.0,),
    ),
    "hard_tanh": Op(
        lambda m, a: m.min(m.max(a, -1.0), 1.0),
        r"\mathrm{{hard\_tanh}}({0})",
        slopes=(lambda m, y, a: _inside(m, a, -1.0, 1.0),),
        odd=True,
    ),
    "exp": Op(lambda m, a: m.exp(a), r"\exp({0})", slopes=(lambda m, y, a: y,)),
    "log": Op(lambda m, a: m.log(a), r"\log({0})", slopes=(lambda m, y, a: 1.0 / a,)),
    "sqrt": Op(lambda m, a: m.sqrt(a), r"\sqrt{{{0}}}", slopes=(lambda m, y, a: 0.5 / y,)),
    "abs": Op(
        lambda m, a: m.abs(a),
        r"\lvert {0} \rvert",
        slopes=(lambda m, y, a: _above(m, a, 0.0) - _above(m, 0.0, a),),
    ),
    "sin": Op(lambda m, a: m.sin(a), r"\sin({0})", slopes=(lambda m, y, a: m.cos(a),), odd=True),
    "cos": Op(lambda m, a: m.cos(a), r"\cos({0})", slopes=(lambda m, y, a: -m.sin(a),)),
    "square": Op(lambda m, a: a * a, r"({0})^2", slopes=(lambda m, y, a: 2.0 * a,)),
    "identity": Op(lambda m, a: a, r"{0}", slopes=(lambda m, y, a: 1.0,), odd=True),
    "min": Op(
        lambda m, a, b: m.min(a, b),
        r"\min({0}, {1})",
        slopes=(lambda m, y, a, b: _larger(m, b, a), lambda m, y, a, b: _larger(m, a, b)),
    ),
    "max": Op(
        lambda m, a, b: m.max(a, b),
        r"\max({0}, {1})",
        slopes=(lambda m, y, a, b: _larger(m, a, b), lambda m, y, a, b: _larger(m, b, a)),
    ),
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
