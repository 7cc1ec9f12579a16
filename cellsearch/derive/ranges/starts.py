"""Where a state is before the first step."""

from __future__ import annotations

import math

from cellsearch.derive.ranges.images import image
from cellsearch.derive.ranges.interval import UNIT, Interval, point
from cellsearch.derive.ranges.known import Known
from cellsearch.ir.expressions import Binary, Call, Expression, Name, Negative, Number

_ARITHMETIC = {"+": "add", "-": "sub", "*": "mul", "/": "div"}


def start(e: Expression | None, known: Known) -> Interval:
    """The interval of an `init` line; a weight can be anything that a weight can be."""
    match e:
        case None:
            return point(0.0)
        case Number(value=v):
            return point(v)
        case Name(name="inf"):
            return point(math.inf)
        case Name(name="ramp"):
            return UNIT
        case Name(name=n):
            return known.name(n)
        case Negative(operand=a):
            return -start(a, known)
        case Binary(op=op, left=a, right=b):
            return image(_ARITHMETIC[op], start(a, known), start(b, known))
        case Call(function=f, items=items):
            return image(f, *(start(a, known) for a in items))
    raise AssertionError(f"no start: {e}")
