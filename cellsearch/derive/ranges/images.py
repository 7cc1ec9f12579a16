"""What each function of the language makes of an interval."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from cellsearch.derive.ranges.interval import ALL, Interval, point
from cellsearch.ir.ops import OPS

# Never falling. Those of the second line are flat beyond an end, which is thus reached.
_RISING = ("sigmoid", "tanh", "leaky_relu", "elu", "softplus", "softsign", "exp", "identity")
_BENT = {"relu": (0.0,), "hard_sigmoid": (0.0, 1.0), "hard_tanh": (-1.0, 1.0)}
# Falling up to here, then rising.
_VALLEYS = {"abs": 0.0, "square": 0.0, "silu": -1.2784645427610738, "gelu": -0.7517915246935645}
# Where the body has no value in NumPy.
_LIMITS = {
    ("softsign", math.inf): 1.0,
    ("softsign", -math.inf): -1.0,
    ("silu", -math.inf): 0.0,
    ("gelu", -math.inf): 0.0,
}


def image(f: str, *args: Interval) -> Interval:
    """The values of a function, or of `add sub mul div neg`; of one not known here, anything."""
    found = _IMAGES.get(f)
    return found(*args) if found else ALL


def times(n: float | None, a: Interval) -> Interval:
    """A sum of n values; None: of any number of them, but one at least."""
    if n is not None:
        return a * point(n)
    low = a.low if a.low >= 0 else -math.inf
    high = a.high if a.high <= 0 else math.inf
    return Interval(low, high, a.above or low < 0, a.below or high > 0)


def _value(f: str, a: float) -> float:
    if (f, a) in _LIMITS:
        return _LIMITS[f, a]
    with np.errstate(all="ignore"):
        return float(OPS[f](np.float64(a)))


def _rising(f: str, a: Interval) -> Interval:
    low, high = _value(f, a.low), _value(f, a.high)
    flat = _BENT.get(f, ())
    return Interval(low, high, a.above and low not in flat, a.below and high not in flat)


def _valley(f: str, a: Interval) -> Interval:
    left = Interval(_value(f, a.low), _value(f, a.low), a.above, a.above)
    right = Interval(_value(f, a.high), _value(f, a.high), a.below, a.below)
    bottom = _VALLEYS[f]
    ends = left.hull(right)
    return ends.hull(point(_value(f, bottom))) if bottom in a else ends


def _above_zero(f: str, a: Interval) -> Interval:
    """log and sqrt, which have no value below 0."""
    if a.high < 0:
        return ALL
    return _rising(f, Interval(0.0, a.high, False, a.below) if a.low < 0 else a)


def _wave(f: str, a: Interval) -> Interval:
    if not a.bounded or a.high - a.low >= 2 * math.pi:
        return Interval(-1.0, 1.0)
    first = math.ceil(a.low / (math.pi / 2))
    turns = [k * math.pi / 2 for k in range(first, math.floor(a.high / (math.pi / 2)) + 1)]
    values = [_value(f, b) for b in (a.low, a.high, *turns)]
    return Interval(min(values), max(values))


def _smaller(a: Interval, b: Interval) -> Interval:
    low, above = min((a.low, a.above), (b.low, b.above))
    high, closed = min((a.high, not a.below), (b.high, not b.below))
    return Interval(low, high, above, not closed)


_IMAGES: dict[str, Callable[..., Interval]] = {
    **{f: partial(_rising, f) for f in (*_RISING, *_BENT)},
    **{f: partial(_valley, f) for f in _VALLEYS},
    **{f: partial(_above_zero, f) for f in ("log", "sqrt")},
    **{f: partial(_wave, f) for f in ("sin", "cos")},
    "min": _smaller,
    "max": lambda a, b: -_smaller(-a, -b),
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a + -b,
    "neg": lambda a: -a,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a * b.inverse,
}
