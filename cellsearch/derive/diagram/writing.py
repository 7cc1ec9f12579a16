"""Nodes of a graph in a line of text, down to what has a name."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cellsearch.derive.diagram import words
from cellsearch.derive.diagram.sheet import Sheet
from cellsearch.derive.diagram.words import HOLE, Words, joined, plain
from cellsearch.ir.graph import Node
from cellsearch.ir.ops import NOISE, OPS

# How tight an operation binds.
_SUM, _PRODUCT, _SIGN, _MAP, _TIGHT = range(5)
_MINUS = "\N{MINUS SIGN}"
_INFIX = {
    "add": (" + ", _SUM, _SUM),
    "sub": (f" {_MINUS} ", _SUM, _PRODUCT),
    "mul": (" ⊙ ", _PRODUCT, _PRODUCT),
    "div": (" / ", _PRODUCT, _SIGN),
    "matmul": (" ", _TIGHT, _MAP),
}
_SHORT = {
    "sigmoid": "σ",
    "hard_sigmoid": "hard σ",
    "leaky_relu": "leaky relu",
    "hard_tanh": "hard tanh",
    "layernorm": "LN",
    "rmsnorm": "RMS",
    "sum": "Σ",
}
# Longer expressions are not spelt out where a line shows what is meant.
_LONGEST = 14


class Writer:
    """Writes nodes; `hole` is written as a dot, or not at all where it is all that is in brackets.

    `apart` are nodes that have lines of their own: if long, they are a dot, too.
    """

    def __init__(self, sheet: Sheet, hole: Node | None = None, apart: Iterable[Node] = ()) -> None:
        self.sheet, self.hole = sheet, hole
        self.apart = {id(n) for n in apart}

    def whole(self, node: Node) -> Words:
        """The node's expression, even if it has a name."""
        return self._expression(node)[0]

    def part(self, node: Node) -> Words:
        """The node as it stands in another one: by its name if it has one."""
        return self._written(node)

    def sign(self, node: Node) -> Words:
        """The sign of a node's function; a dot if it is none."""
        return plain(_SHORT.get(node.op, node.op) if node.op in OPS else HOLE)

    def _written(self, node: Node, around: int = _SUM) -> Words:
        if node is self.hole:
            return plain(HOLE)
        if id(node) in self.sheet.names:
            return words.name(self.sheet.names[id(node)])
        written, strength = self._expression(node)
        if id(node) in self.apart and len(words.text(written)) > _LONGEST:
            return plain(f"({HOLE})")
        return _bracketed(written) if strength < around else written

    def _expression(self, node: Node) -> tuple[Words, int]:
        args = self.sheet.args(node)
        if node.op in _INFIX:
            return self._infix(node.op, args)
        rule = _RULES.get(node.op)
        return rule(self, node, args) if rule else (self._call(node, args), _TIGHT)

    def _infix(self, op: str, args: tuple[Node, ...]) -> tuple[Words, int]:
        sign, left, right = _INFIX[op]
        a, b = args
        if op == "mul" and a is b:
            return joined(self._written(a, _TIGHT), plain("²")), _TIGHT
        if op == "mul" and not (a.type.sizes and b.type.sizes):
            sign = " "
        strength = {"matmul": _MAP}.get(op, left)
        return joined(self._written(a, left), plain(sign), self._written(b, right)), strength

    def _call(self, node: Node, args: tuple[Node, ...]) -> Words:
        sign = plain(_SHORT.get(node.op, node.op))
        if len(args) == 1 and args[0] is self.hole:
            return sign
        inner = [self._inside(a) for a in args]
        if node.op in NOISE:
            inner.append(words.number(float(node.attrs[0])))
        commas = [joined(plain(", "), a) for a in inner[1:]]
        return joined(sign, _bracketed(joined(*inner[:1], *commas)))

    def _inside(self, node: Node) -> Words:
        """A node in brackets or between commas, where a dot needs no brackets of its own."""
        written = self._written(node)
        return plain(HOLE) if words.text(written) == f"({HOLE})" else written

    def _leaf(self, node: Node, args: tuple[Node, ...]) -> tuple[Words, int]:
        if node.op == "number":
            value = float(node.attrs[0])
            return words.number(value), _SIGN if value < 0 else _TIGHT
        symbol = {"identity": "I", "zeros": "0"}.get(node.op)
        return (plain(symbol) if symbol else words.name(str(node.attrs[0]))), _TIGHT

    def _negative(self, node: Node, args: tuple[Node, ...]) -> tuple[Words, int]:
        return joined(plain(_MINUS), self._written(args[0], _SIGN)), _SIGN

    def _behind(self, node: Node, args: tuple[Node, ...]) -> tuple[Words, int]:
        mark = {"transpose": "ᵀ", "square": "²"}[node.op]
        return joined(self._written(args[0], _TIGHT), plain(mark)), _TIGHT

    def _around(self, node: Node, args: tuple[Node, ...]) -> tuple[Words, int]:
        left, right = {"abs": "||", "sqrt": ("√(", ")")}[node.op]
        return joined(plain(left), self._inside(args[0]), plain(right)), _TIGHT

    def _sum(self, node: Node, args: tuple[Node, ...]) -> tuple[Words, int]:
        inner = args[0]
        if inner.op == "mul" and self.sheet.is_own(inner):
            a, b = self.sheet.args(inner)
            if a is not b:
                return self._dot(a, b)
        return self._call(node, args), _TIGHT

    def _dot(self, a: Node, b: Node) -> tuple[Words, int]:
        return joined(self._written(a, _TIGHT), plain("ᵀ "), self._written(b, _TIGHT)), _MAP

    def _outer(self, node: Node, args: tuple[Node, ...]) -> tuple[Words, int]:
        a, b = (self._written(a, _TIGHT) for a in args)
        return joined(a, plain(" "), b, plain("ᵀ")), _MAP

    def _scaled_rows(self, node: Node, args: tuple[Node, ...]) -> tuple[Words, int]:
        diagonal, matrix = self._written(args[0]), self._written(args[1], _TIGHT)
        return joined(plain("diag"), _bracketed(diagonal), plain(" "), matrix), _MAP

    def _scaled_columns(self, node: Node, args: tuple[Node, ...]) -> tuple[Words, int]:
        matrix, diagonal = self._written(args[0], _TIGHT), self._written(args[1])
        return joined(matrix, plain(" diag"), _bracketed(diagonal)), _MAP

    def _stored(self, node: Node, args: tuple[Node, ...]) -> tuple[Words, int]:
        """A weight in blocks is written as a weight; a filter's sign is a star."""
        weight = self._written(args[0], _TIGHT)
        return (joined(weight, plain(" ∗")) if node.op == "conv" else weight), _TIGHT


_Rule = Callable[[Writer, Node, tuple[Node, ...]], tuple[Words, int]]
_RULES: dict[str, _Rule] = {
    **dict.fromkeys(
        ("number", "input", "state", "weight", "const", "identity", "zeros"), Writer._leaf
    ),
    **dict.fromkeys(("transpose", "square"), Writer._behind),
    **dict.fromkeys(("abs", "sqrt"), Writer._around),
    **dict.fromkeys(("block", "conv"), Writer._stored),
    "neg": Writer._negative,
    "scale_rows": Writer._scaled_rows,
    "scale_columns": Writer._scaled_columns,
    "sum": Writer._sum,
    "outer": Writer._outer,
}


def _bracketed(inner: Words) -> Words:
    return joined(plain("("), inner, plain(")"))
