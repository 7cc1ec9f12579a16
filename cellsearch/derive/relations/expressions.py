"""The map between the weights of two cells, as expressions of the language."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cellsearch.ir.expressions import Binary, Call, Expression, Name, Negative, Number, Transpose

Array = NDArray[np.float64]


def times(factor: float, e: Expression) -> Expression:
    """A number times an expression, as a person would write it."""
    if isinstance(e, Number):
        return Number(factor * e.value)
    if factor == 1:
        return e
    if factor == -1:
        return Negative(e)
    return Binary("*", Number(factor), e)


def plus(a: Expression, b: Expression) -> Expression:
    """A sum, with a minus where the second is negative."""
    match a, b:
        case Number(value=0.0), _:
            return b
        case _, Number(value=0.0):
            return a
        case _, Negative(operand=inner):
            return Binary("-", a, inner)
        case _, Number(value=v) if v < 0:
            return Binary("-", a, Number(-v))
        case _, Binary(op="*", left=Number(value=v), right=inner) if v < 0:
            return Binary("-", a, times(-v, inner))
    return Binary("+", a, b)


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
            return _dense(value(a, weights, like))
        case Binary(op=op, left=a, right=b):
            left, right = value(a, weights, like), value(b, weights, like)
            return {"+": np.add, "-": np.subtract, "*": np.multiply}[op](left, right)
    raise AssertionError(f"no value for {e}")


def _dense(w: Array) -> Array:
    """Diagonal blocks as the matrix that they are."""
    heads, rows, columns = w.shape
    out = np.zeros((heads * rows, heads * columns))
    for k in range(heads):
        out[k * rows : (k + 1) * rows, k * columns : (k + 1) * columns] = w[k]
    return out
