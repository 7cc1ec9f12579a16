"""Makes nodes: equal ones once, and without arithmetic that a number decides (`1 * a`, `0 @ h`).

Only exact identities of real arithmetic are used; order and grouping stay as written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from cellsearch.ir.graph import Attribute, Node
from cellsearch.ir.ops import NUMPY, OPS
from cellsearch.ir.types import Type

# The function `identity` makes no node; a node of that name is the matrix I.
UNITWISE = frozenset({"add", "sub", "mul", "div", "neg", *OPS}) - {"identity"}


class Builder:
    """The nodes of one graph."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[object, ...], Node] = {}

    def node(
        self, op: str, args: tuple[Node, ...] = (), attrs: tuple[Attribute, ...] = (), *, type: Type
    ) -> Node:
        """The node of this operation, new or as it was made before."""
        # What goes unit by unit has the type of its arguments.
        key = (op, tuple(map(id, args)), attrs, None if op in UNITWISE else type)
        known = self._nodes.get(key)
        if known is None:
            known = self._nodes[key] = Node(op, args, attrs, type)
        return known

    def number(self, value: float) -> Node:
        """A number."""
        return self.node("number", attrs=(value,), type=Type())

    def unitwise(self, op: str, *args: Node) -> Node:
        """A function or `add sub mul div neg`, simplified."""
        plain = tuple([_bare(a) if a.op == "expand" else a for a in args])
        short = self._short(op, plain)
        if short is not None:
            return short
        wide = _widest(args)
        if plain != args and len(_widest(plain).sizes) < len(wide.sizes):
            return self.expand(self.unitwise(op, *plain), wide)
        return self.node(op, plain, type=wide)

    def matmul(self, a: Node, b: Node, type: Type) -> Node:
        """`a @ b`; zeros give 0, the identity gives b, a diagonal matrix scales."""
        if a.op == "zeros" or b.op == "zeros":
            return self.zeros(type)
        if value(b) == 0:
            return self.zeros(type)
        if a.op == "identity":
            return b
        if a.op == "diag":
            (v,) = a.args
            return self.unitwise("mul", v, b) if b.type.kind == "vector" else self._rows(v, b)
        if b.op == "diag":
            return self.node("scale_columns", (a, b.args[0]), type=type)
        return self.node("matmul", (a, b), type=type)

    def _rows(self, v: Node, m: Node) -> Node:
        return self.node("scale_rows", (v, m), type=m.type)

    def zeros(self, type: Type) -> Node:
        """A vector or matrix of zeros."""
        if type.kind == "matrix":
            return self.node("zeros", type=type)
        return self.expand(self.number(0.0), type)

    def expand(self, a: Node, type: Type) -> Node:
        """A scalar as a vector or matrix of equal units."""
        if a.type == type:
            return a
        if len(type.sizes) == 2 and value(a) == 0:
            return self.zeros(type)
        return self.node("expand", (a,), type=type)

    def _short(self, op: str, args: tuple[Node, ...]) -> Node | None:
        numbers = [float(a.attrs[0]) if a.op == "number" else None for a in args]
        if None not in numbers:
            return self._folded(op, [v for v in numbers if v is not None])
        rule = _RULES.get(op)
        return rule(self, args, numbers) if rule else None

    def _folded(self, op: str, numbers: list[float]) -> Node | None:
        with np.errstate(all="ignore"):
            result = float(_ARITHMETIC[op](*map(np.float64, numbers)))
        return None if math.isnan(result) else self.number(result)


def _widest(args: Iterable[Node]) -> Type:
    """The type of the most dimensions, the first such."""
    found, *others = [a.type for a in args]
    for t in others:
        found = t if len(t.sizes) > len(found.sizes) else found
    return found


def value(a: Node) -> float | None:
    """The value of a node that is a number, also one that is expanded."""
    bare = _bare(a)
    return float(bare.attrs[0]) if bare.op == "number" else None


def _bare(a: Node) -> Node:
    """A number without its expansion; anything else as it is."""
    if a.op == "expand" and a.args[0].op == "number":
        return a.args[0]
    return a


_ARITHMETIC: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    **OPS,
    **{name: getattr(NUMPY, name) for name in ("select", "erf", "log1p", "expm1")},
}

Rule = Callable[[Builder, tuple[Node, ...], list[float | None]], Node | None]


def _add(b: Builder, args: tuple[Node, ...], numbers: list[float | None]) -> Node | None:
    left, right = args
    if numbers[0] == 0 or left.op == "zeros":
        return right
    return left if numbers[1] == 0 or right.op == "zeros" else None


def _sub(b: Builder, args: tuple[Node, ...], numbers: list[float | None]) -> Node | None:
    if numbers[1] == 0 or args[1].op == "zeros":
        return args[0]
    return b.unitwise("neg", args[1]) if numbers[0] == 0 or args[0].op == "zeros" else None


def _mul(b: Builder, args: tuple[Node, ...], numbers: list[float | None]) -> Node | None:
    if 0 in numbers or any(a.op == "zeros" for a in args):
        wide = _widest(args)
        return b.zeros(wide) if wide.sizes else b.number(0.0)
    if numbers[0] == 1:
        return args[1]
    return args[0] if numbers[1] == 1 else None


def _div(b: Builder, args: tuple[Node, ...], numbers: list[float | None]) -> Node | None:
    return args[0] if numbers[1] == 1 else None


def _neg(b: Builder, args: tuple[Node, ...], numbers: list[float | None]) -> Node | None:
    return args[0].args[0] if args[0].op == "neg" else None


def _identity(b: Builder, args: tuple[Node, ...], numbers: list[float | None]) -> Node | None:
    return args[0]


_RULES: dict[str, Rule] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "div": _div,
    "neg": _neg,
    "identity": _identity,
}
