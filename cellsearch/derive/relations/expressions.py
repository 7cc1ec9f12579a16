"""The map between the weights of two cells, as expressions of the language."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from cellsearch.ir.evaluate import block_diagonal
from cellsearch.ir.expressions import Binary, Call, Expression, Name, Negative, Number, Transpose

Array = NDArray[np.float64]


# Terms with their factors; the term 1 is a number.
Sum = Mapping[Expression, float]

_ONE = Number(1.0)
# What is left of factors that cancel is below this.
_NOTHING = 1e-9


def constant(value: float) -> Sum:
    """A number."""
    return {_ONE: value}


def scaled(factor: float, s: Sum) -> Sum:
    """A number times a sum."""
    return {e: factor * c for e, c in s.items()}


def plus(a: Sum, b: Sum) -> Sum:
    """A sum of two; what cancels is gone."""
    total = dict(a)
    for e, c in b.items():
        total[e] = total.get(e, 0.0) + c
    return {e: c for e, c in total.items() if abs(c) > _NOTHING}


def product(a: Sum, b: Sum) -> Sum:
    """A product, term by term."""
    total: Sum = {}
    for e, c in a.items():
        for f, d in b.items():
            both = f if e == _ONE else e if f == _ONE else Binary("*", e, f)
            total = plus(total, {both: c * d})
    return total


def wrapped(s: Sum, wrap: Callable[[Expression], Expression]) -> Sum:
    """A linear function of a sum, term by term."""
    return {wrap(e): c for e, c in s.items()}


def expression(s: Sum) -> Expression:
    """A sum as a person would write it."""
    out: Expression | None = None
    for e, c in s.items():
        size = float(f"{abs(c):.12g}")
        term = Number(size) if e == _ONE else e if size == 1 else Binary("*", Number(size), e)
        if out is None:
            out = term if c > 0 else Number(-size) if e == _ONE else _negative(term)
        else:
            out = Binary("+" if c > 0 else "-", out, term)
    return Number(0.0) if out is None else out


def _negative(e: Expression) -> Expression:
    match e:
        case Binary(op="*", left=Number(value=v), right=inner):
            return Binary("*", Number(-v), inner)
    return Negative(e)


def value(e: Expression, weights: Mapping[str, Array], like: Array) -> Array:
    """The value of a map's expression.

    Args:
        e: as made here.
        weights: by name.
        like: something of the shape in which the result is stored, for `I` and `diag`.
    """
    match e:
        case Number(value=v):
            return np.asarray(v)
        case Name(name="I"):
            return np.eye(like.shape[0])
        case Name(name=n):
            return weights[n]
        case Negative(operand=a):
            return -value(a, weights, like)
        case Transpose(operand=a):
            return value(a, weights, like).T
        case Call(function="diag", items=(a,)):
            return np.diag(np.broadcast_to(value(a, weights, like), like.shape[:1]))
        case Call(function="block", items=(a, _)):
            return block_diagonal(value(a, weights, like))
        case Binary(op=op, left=a, right=b):
            left, right = value(a, weights, like), value(b, weights, like)
            return {"+": np.add, "-": np.subtract, "*": np.multiply}[op](left, right)
    raise AssertionError(f"no value for {e}")
