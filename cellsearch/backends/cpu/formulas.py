"""Unit-by-unit operations as C."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cellsearch.ir.ops import OPS

_UNARY = ["exp", "log", "log1p", "expm1", "sqrt", "abs", "sin", "cos", "tanh", "erf", "sigmoid"]
_PRIMITIVES = frozenset([*_UNARY, "min", "max", "select"])
_ARITHMETIC = {"add": "+", "sub": "-", "mul": "*", "div": "/"}


def formula(op: str, args: Sequence[str]) -> str:
    """An operation of these arguments; what functions.h does not have is made of its body."""
    if op in _ARITHMETIC:
        return f"{args[0]} {_ARITHMETIC[op]} {args[1]}"
    if op == "neg":
        return f"-{args[0]}"
    if op in ("expand", "copy"):
        return args[0]
    if op in _PRIMITIVES:
        return f"r_{op}({', '.join(args)})"
    return Formula.of(OPS[op].body(FunctionsOfC(), *map(Formula, args)))


class Formula:
    """A piece of C with arithmetic, so that bodies of functions read as formulas."""

    def __init__(self, text: str) -> None:
        self.text = text

    @staticmethod
    def of(a: Any) -> str:
        return a.text if isinstance(a, Formula) else literal(float(a))

    def _with(self, op: str, a: Any, b: Any) -> Formula:
        return Formula(f"({Formula.of(a)} {op} {Formula.of(b)})")

    def __add__(self, o: Any) -> Formula:
        return self._with("+", self, o)

    def __radd__(self, o: Any) -> Formula:
        return self._with("+", o, self)

    def __sub__(self, o: Any) -> Formula:
        return self._with("-", self, o)

    def __rsub__(self, o: Any) -> Formula:
        return self._with("-", o, self)

    def __mul__(self, o: Any) -> Formula:
        return self._with("*", self, o)

    def __rmul__(self, o: Any) -> Formula:
        return self._with("*", o, self)

    def __truediv__(self, o: Any) -> Formula:
        return self._with("/", self, o)

    def __rtruediv__(self, o: Any) -> Formula:
        return self._with("/", o, self)

    def __neg__(self) -> Formula:
        return Formula(f"(-{self.text})")


class FunctionsOfC:
    """The primitives of bodies, as calls of functions.h."""

    def __getattr__(self, op: str) -> Callable[..., Formula]:
        return lambda *args: Formula(f"r_{op}({', '.join(map(Formula.of, args))})")


def literal(value: float) -> str:
    """A literal; exact, as its digits say."""
    if value != value:
        return "R(NAN)"
    if abs(value) == float("inf"):
        return "R(-INFINITY)" if value < 0 else "R(INFINITY)"
    return f"R({value!r})"
