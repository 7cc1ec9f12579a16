"""Functions as polynomials: the odd ones stay atoms, those that bend once become |a|.

`sigmoid(a) = 1/2 + tanh(a/2)/2`, so that a sign can be followed through a gate; `relu`, `max`
and `min` are sums of absolute values. Every identity is one of real arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from cellsearch.derive.normal.algebra import (
    Algebra,
    Polynomial,
    constant,
    leading,
    number,
    one,
    scaled,
)
from cellsearch.ir.ops import OPS

# Functions with f(-a) = -f(a), and with f(-a) = f(a): their atoms forget the sign of a.
ODD = frozenset(
    {"tanh", "sin", "softsign", "erf", "hard_tanh", "layernorm", "rmsnorm", "inverse", "value"}
)
EVEN = frozenset({"abs", "cos"})
# Their values are between -1 and 1.
_BOUNDED = frozenset({"tanh", "sin", "softsign", "erf", "hard_tanh", "cos"})
# Those that reach neither.
_OPEN = frozenset({"tanh", "softsign", "erf"})
_NEVER_NEGATIVE = frozenset({"abs", "exp", "sqrt", "softplus"})


def function(al: Algebra, f: str, *args: Polynomial) -> Polynomial:
    """A function of polynomials, unit by unit."""
    numbers = [constant(a) for a in args]
    if all(n is not None for n in numbers):
        with np.errstate(all="ignore"):
            value = float(OPS[f](*(np.float64(n or 0.0) for n in numbers)))
        if math.isfinite(value):
            return al.number(value)
    made = _MADE.get(f)
    return made(al, *args) if made else _atom(al, f, args[0])


def odd(al: Algebra, p: Polynomial, f: str) -> Polynomial:
    """The atom of an odd function, with the sign of its argument pulled out."""
    if f == "layernorm":
        # It does not see what is the same in all units.
        p = tuple((m, c) for m, c in p if al.split(m)[1])
    if not p:
        return p
    sign = math.copysign(1.0, p[0][1])
    return scaled(_atom(al, f, scaled(p, sign)), sign)


def absolute(al: Algebra, p: Polynomial) -> Polynomial:
    """|p|, with a factor pulled out."""
    known = constant(p)
    if known is not None:
        return number(abs(known))
    if sign := _sign(al, p):
        return scaled(p, sign)
    factor = leading(p)
    return scaled(_atom(al, "abs", scaled(p, 1 / factor)), abs(factor))


def _sign(al: Algebra, p: Polynomial) -> float:
    """The sign that a value has wherever it is not 0; 0: it may have either."""
    signs = {math.copysign(1.0, c) for _, c in p}
    if len(signs) == 1 and all(_never_negative(al, a, r) for m, _ in p for a, r in m):
        return signs.pop()
    fixed, widest = _bounds(al, p)
    return math.copysign(1.0, fixed) if abs(fixed) >= widest else 0.0


def never_zero(al: Algebra, p: Polynomial) -> bool:
    """Whether a value is known to be never 0: a sum of sigmoids, an exponential."""
    kinds = {al.atoms[a].kind for m, _ in p for a, _ in m}
    if len(p) == 1 and kinds == {"exp"}:
        return True
    fixed, widest = _bounds(al, p)
    return abs(fixed) > widest or (abs(fixed) == widest and kinds <= _OPEN)


def _bounds(al: Algebra, p: Polynomial) -> tuple[float, float]:
    """The number in a sum, and how far the rest can lead away from it."""
    terms = dict(p)
    fixed = terms.pop((), 0.0)
    bounded = all(al.atoms[a].kind in _BOUNDED for m in terms for a, _ in m)
    return fixed, sum(map(abs, terms.values())) if bounded else math.inf


def _never_negative(al: Algebra, a: int, power: int) -> bool:
    return power % 2 == 0 or al.atoms[a].kind in _NEVER_NEGATIVE


def inverse(al: Algebra, p: Polynomial) -> Polynomial:
    """1 / p. Nothing cancels against it, for what is 0 has no inverse."""
    known = constant(p)
    if known:
        return number(1 / known)
    if len(p) == 1:
        (m, c) = p[0]
        parts = tuple((al.atom("inverse", args=(one(a),), rank=al.atoms[a].rank), r) for a, r in m)
        return ((tuple(sorted(parts)), 1 / c),)
    factor = leading(p) if p else 1.0
    return scaled(_atom(al, "inverse", scaled(p, 1 / factor)), 1 / factor)


def _atom(al: Algebra, f: str, p: Polynomial) -> Polynomial:
    return one(al.atom(f, args=(p,), rank=al.rank(p)))


def _sigmoid(al: Algebra, p: Polynomial) -> Polynomial:
    return al.add((number(0.5), 1), (odd(al, scaled(p, 0.5), "tanh"), 0.5))


def _relu(al: Algebra, p: Polynomial) -> Polynomial:
    return al.add((p, 0.5), (absolute(al, p), 0.5))


def _leaky_relu(al: Algebra, p: Polynomial) -> Polynomial:
    return al.add((p, 0.505), (absolute(al, p), 0.495))


def _elu(al: Algebra, p: Polynomial) -> Polynomial:
    below = al.add((p, 0.5), (absolute(al, p), -0.5))
    return al.add((_relu(al, p), 1), (_atom(al, "exp", below), 1), (number(1), -1))


def _gelu(al: Algebra, p: Polynomial) -> Polynomial:
    gate = al.add((number(0.5), 1), (odd(al, scaled(p, 1 / math.sqrt(2)), "erf"), 0.5))
    return al.multiply(p, gate)


def _silu(al: Algebra, p: Polynomial) -> Polynomial:
    return al.multiply(p, _sigmoid(al, p))


def _hard_sigmoid(al: Algebra, p: Polynomial) -> Polynomial:
    return al.add((number(0.5), 1), (odd(al, scaled(p, 1 / 3), "hard_tanh"), 0.5))


def _bent(sign: float) -> Callable[[Algebra, Polynomial, Polynomial], Polynomial]:
    """The larger of two, or the smaller."""

    def made(al: Algebra, p: Polynomial, q: Polynomial) -> Polynomial:
        apart = absolute(al, al.add((p, 1), (q, -1)))
        return al.add((p, 0.5), (q, 0.5), (apart, 0.5 * sign))

    return made


def _cos(al: Algebra, p: Polynomial) -> Polynomial:
    return _atom(al, "cos", scaled(p, math.copysign(1.0, p[0][1])))


_MADE: dict[str, Callable[..., Polynomial]] = {
    "sigmoid": _sigmoid,
    **{f: partial(odd, f=f) for f in ("tanh", "sin", "softsign", "hard_tanh")},
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "gelu": _gelu,
    "silu": _silu,
    "hard_sigmoid": _hard_sigmoid,
    "abs": absolute,
    "cos": _cos,
    "square": lambda al, p: al.multiply(p, p),
    "identity": lambda al, p: p,
    "max": _bent(1.0),
    "min": _bent(-1.0),
}
