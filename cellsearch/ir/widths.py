"""Whole numbers made of H, X, consts and loop variables: widths, indices, bounds; and consts.

H and X are not known before a module is made, so widths stay symbolic. Two widths are the same
where they agree at many sizes: exact for the polynomials and floors that people write.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from cellsearch.errors import LanguageError, nearest
from cellsearch.ir.expressions import (
    Binary,
    Call,
    Expression,
    Name,
    Negative,
    Number,
    names,
    rewrite,
    walk,
)
from cellsearch.ir.ops import OPS

Sizes = Mapping[str, float]

# No machine holds a vector of more units.
LARGEST = 2**31


class NeedsSizesError(LanguageError):
    """A value that is known only where H and X are given."""


def number(e: Expression, known: Sizes, what: str = "a const") -> float:
    """The value of an expression of numbers and `known` names.

    Raises:
        NeedsSizesError: it reads H or X (or another input's width), which `known` does not hold.
        LanguageError: it reads anything else, or has no value.
    """
    match e:
        case Number(value=v):
            return v
        case Name(name="inf"):
            return math.inf
        case Name(name=n, index=None) if n in known:
            return known[n]
        case Name(name=n) if n in ("H", "X") or n.startswith("X."):
            raise NeedsSizesError(f"{what} cannot depend on {n} here", e.at)
        case Name(name=n):
            near = nearest(n, known)
            # All rounds share a const.
            rest = " and consts" if what.startswith("the const") else ", consts and loop variables"
            message = f"{what} is made of numbers, H, X{rest}; got '{e}'{near}"
            raise LanguageError(message, e.at)
        case Negative(operand=a):
            return -number(a, known, what)
        case Binary(op=op, left=a, right=b) if op != "@":
            return _arithmetic(op, number(a, known, what), number(b, known, what), e)
        case Call(function=f, items=items) if f in OPS:
            return _call(f, [number(a, known, what) for a in items], e)
    raise LanguageError(f"{what} cannot be '{e}'", e.at)


def _arithmetic(op: str, a: float, b: float, e: Expression) -> float:
    try:
        value = {
            "+": lambda: a + b,
            "-": lambda: a - b,
            "*": lambda: a * b,
            "/": lambda: a / b,
            "//": lambda: a // b,
        }[op]()
    except ZeroDivisionError:
        raise LanguageError(f"'{e}' divides by zero", e.at) from None
    except OverflowError:
        raise LanguageError(f"'{e}' is too large", e.at) from None
    # Not a number; math.isnan fails on very large integers.
    if value != value:
        raise LanguageError(f"'{e}' has no value", e.at)
    return value


def _call(f: str, arguments: list[float], e: Expression) -> float:
    with np.errstate(all="ignore"):
        value = float(OPS[f](*map(np.float64, arguments)))
    if math.isnan(value):
        raise LanguageError(f"'{e}' has no value", e.at)
    return value


def whole(e: Expression, known: Sizes, what: str = "a width") -> int:
    """The value of an expression that has to be a whole number."""
    value = number(e, known, what)
    if not abs(value) < LARGEST**4:
        raise LanguageError(f"{what} is too large, got '{e}'", e.at)
    if value != int(value):
        hint = "; // divides rounding down" if "/" in str(e) else ""
        raise LanguageError(f"{what} must be a whole number, got '{e}' = {value:g}{hint}", e.at)
    return int(value)


def substitute(e: Expression, values: Mapping[str, Expression]) -> Expression:
    """The expression with names replaced, for consts in widths."""
    return rewrite(
        e, lambda n: values.get(n.name) if isinstance(n, Name) and n.index is None else None
    )


# Sizes at which two widths are compared: large and unrelated, so that equal there means equal. The
# first are multiples of what people divide by; the others leave every small rest, so that H // 2 is
# not (H + 1) // 2.
_WHOLE = tuple((5040 * (7919 + 13 * i), 5040 * (104729 + 17 * i)) for i in range(4))
_RESTS = tuple(
    (5040 * (7873 + 11 * r) + r, 5040 * (104723 + 19 * r) + 3 * r % 8)
    for r in (1, 2, 3, 4, 5, 6, 7, -1)
)
_LARGE = (*_WHOLE, *_RESTS)
# And small ones, so that H is not max(H, 64). Where a width has no value there, it is UNDEFINED.
_SMALL = (
    *((1, 1), (2, 3), (3, 2), (5, 8), (12, 7), (16, 33), (31, 64)),
    *((64, 31), (100, 127), (127, 500), (500, 100), (1000, 2000)),
)
_SAMPLES = (*_LARGE, *_SMALL)
UNDEFINED = -1.0


@dataclass(frozen=True)
class Size:
    """A symbolic width: an expression over H and X (and `X.v` for a further input `v`).

    Two sizes are equal where their values are, at every sample.
    """

    expression: Expression = field(compare=False)
    values: tuple[float, ...]

    @staticmethod
    def of(e: Expression) -> Size:
        """The size of an expression whose consts have been put in.

        Raises:
            LanguageError: it is no whole number.
        """
        # `const P = H / 2` is a width wherever it is whole.
        whole_ones = tuple(whole(e, _sample(e, i)) for i in range(len(_WHOLE)))
        size = Size(e, (*whole_ones, *sampled(e)[len(_WHOLE) :]))
        if size.fixed:
            size.checked(whole_ones[0], {})
        return size

    def at(self, sizes: Sizes) -> int:
        """Its value where H and X are given.

        Raises:
            LanguageError: it is not a whole number of at least 1 there.
        """
        return self.checked(whole(self.expression, sizes), sizes)

    def checked(self, value: int, sizes: Sizes) -> int:
        """The value, if a vector can be that wide."""
        if not 1 <= value < LARGEST:
            given = ", ".join(f"{k} = {int(v)}" for k, v in sizes.items())
            where = f" where {given}" if given else ""
            bound = "at least 1" if value < 1 else f"below {LARGEST}"
            message = f"the width '{self}' is {value}{where}; a width is {bound}"
            raise LanguageError(message, self.expression.at)
        return value

    @cached_property
    def fixed(self) -> bool:
        """Whether it is the same number whatever H and X are."""
        return len(set(self.values)) == 1

    @cached_property
    def told(self) -> tuple[float, ...]:
        """What tells it from other sizes in a hash: of a polynomial or a quotient, fewer values."""
        parts = walk(self.expression)
        if any(isinstance(e, Call) for e in parts):
            return self.values
        plain = all(isinstance(e, Name | Number | Negative) or _is_plain(e) for e in parts)
        return self.values[: len(_WHOLE if plain else _LARGE)]

    def __hash__(self) -> int:
        # One value is told apart as well as all, and asked for at every node.
        return hash(self.values[0])

    def __str__(self) -> str:
        return str(self.expression)


def sampled(e: Expression) -> tuple[float, ...]:
    """The values of an expression over H and X, at sizes that tell two of them apart.

    Raises:
        LanguageError: it has none, however large H and X are.
    """
    large = [float(number(e, _sample(e, i))) for i in range(len(_LARGE))]
    return (*large, *(_small(e, i) for i in range(len(_LARGE), len(_SAMPLES))))


def _small(e: Expression, i: int) -> float:
    try:
        return float(number(e, _sample(e, i)))
    except LanguageError:
        return UNDEFINED


def may_agree(a: Size, b: Size) -> bool:
    """Whether a `needs` line can make the two one: at some sizes, not at all, they are equal."""
    one, other = set(names(a.expression)), set(names(b.expression))
    if not one or not other:
        # A further input may be said to have a known width; a cell for one H or X is not meant.
        return bool(_other_inputs(a.expression) or _other_inputs(b.expression))
    return one != other or any(p == q for p, q in zip(a.values, b.values, strict=True))


def _is_plain(e: Expression) -> bool:
    return isinstance(e, Binary) and e.op in ("+", "-", "*")


def _sample(e: Expression, i: int) -> dict[str, float]:
    h, x = _SAMPLES[i]
    known: dict[str, float] = {"H": h, "X": x}
    for n in _other_inputs(e):
        # Distinct inputs have distinct widths; a stable code of the name tells them apart.
        code = sum(ord(c) * 31**k for k, c in enumerate(n))
        large = 5040 * (1299709 + 19 * i + code) + (h + x) % 5040
        known[n] = large if i < len(_LARGE) else (large + h) % 1021 + 1
    return known


def _other_inputs(e: Expression) -> set[str]:
    return {n for n in names(e) if n.startswith("X.")}


H = Size.of(Name("H"))
X = Size.of(Name("X"))
ONE = Size.of(Number(1))
