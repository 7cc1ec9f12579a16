"""Widths, consts and other plain numbers of a cell, as expressions of Python."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cellsearch.errors import LanguageError
from cellsearch.export.pytorch.code import Atom, Call, Code, Minus, binary, call
from cellsearch.ir.expressions import Binary, Expression, Name, Negative, Number, number_text, walk
from cellsearch.ir.expressions import Call as Function
from cellsearch.ir.widths import NeedsSizesError, Size, number

_MATH = frozenset({"exp", "log", "sqrt", "sin", "cos", "tanh"})


def literal(value: float) -> Code:
    """A number as it is written."""
    if math.isnan(value):
        return Atom("math.nan")
    if math.isinf(value):
        return Atom("math.inf" if value > 0 else "-math.inf")
    return Atom(number_text(value))


def width(size: Size, own: str = "self.") -> Code:
    """A width over `hidden_size` and the widths of the inputs.

    Args:
        size: the width.
        own: what stands before `hidden_size`: nothing in `__init__`.
    """
    code = of(size.expression, own)
    # A whole number, whatever it was divided by.
    whole = all(not (isinstance(e, Binary) and e.op == "/") for e in walk(size.expression))
    plain = whole and not any(isinstance(e, Function) for e in walk(size.expression))
    return code if plain else call("int", code)


def size_name(name: str) -> str:
    """The attribute that holds H, X or the width `X.v` of a further input `v`."""
    return {"H": "hidden_size", "X": "input_size"}.get(name, f"{name.removeprefix('X.')}_size")


def of(e: Expression, own: str) -> Code:
    """A number made of numbers, H and X, as consts are."""
    match e:
        case Number(value=v):
            return literal(v)
        case Name(name="inf"):
            return Atom("math.inf")
        case Name(name=n):
            return Atom(own + size_name(n))
        case Negative(operand=a):
            return Minus(of(a, own))
        case Binary(op=op, left=a, right=b):
            return binary(op, of(a, own), of(b, own))
        case Function():
            return _function(e, own)
    raise AssertionError(f"no number: {e}")


def function(name: str, items: Sequence[Code]) -> Code | None:
    """A function of plain numbers; None for one that Python does not have."""
    if name in _MATH:
        return Call(f"math.{name}", tuple(items))
    if name in ("abs", "min", "max"):
        return Call(name, tuple(items))
    return items[0] if name == "identity" else None


def _function(e: Function, own: str) -> Code:
    plain = function(e.function, [of(a, own) for a in e.items])
    if plain is not None:
        return plain
    try:
        return literal(number(e, {}))
    except NeedsSizesError:
        message = f"a number cannot be written with '{e.function}' of a width, got '{e}'"
        raise LanguageError(message, e.at) from None
