"""The gradient of a cell, as another program: reverse mode on the graph, from last step to first.

It carries the adjoints of the states, reads the adjoint of the output at every row, and leaves the
adjoints of the inputs at every row and those of what is fixed as sums over all rows. It reads nodes
of the forward program wherever a slope needs them; which of those are kept and which are computed
again is decided elsewhere (`derive.saving`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cellsearch.derive.program import SCALAR, Carry, Program, Total
from cellsearch.ir import Node
from cellsearch.ir.build import Builder
from cellsearch.ir.ops import OPS, Op
from cellsearch.ir.types import Type

Number = float | int


def gradient(forward: Program) -> Program:
    """The backward program of a forward one.

    Its carries are `d s` for each state `s`; it is given `d output`; its rows are `d x` for each
    input `x` that is read. All else that it reads is nodes of the forward program.
    """
    return _Reverse(forward).run()


class _Reverse:
    def __init__(self, forward: Program) -> None:
        self.forward = forward
        self.b = Builder()
        self.adjoints: dict[int, Node] = {}
        self.totals: list[Total] = []

    def run(self) -> Program:
        b = self.b
        after = {}
        for c in self.forward.carries:
            after[c.name] = b.node("state", attrs=(f"d {c.name}",), type=c.leaf.type)
            self.add(c.next, after[c.name])
        output = self.forward.rows["output"]
        given = b.node("given", attrs=("d output",), type=output.type)
        self.add(output, given)
        order = self.forward.order
        for n in reversed(order):
            if id(n) in self.adjoints and n.args:
                _RULES.get(n.op, _unitwise)(self, n, self.adjoints[id(n)])
        carries = tuple(
            Carry(f"d {c.name}", after[c.name], self._adjoint(c.leaf)) for c in self.forward.carries
        )
        rows = {f"d {n.attrs[0]}": self._adjoint(n) for n in order if n.op == "input"}
        names = {**self.forward.names}
        for n in order:
            if id(n) in self.forward.names and id(n) in self.adjoints:
                names.setdefault(id(self.adjoints[id(n)]), f"d_{self.forward.names[id(n)]}")
        return Program(carries, rows, tuple(self.totals), {"d output": given}, True, names)

    def _adjoint(self, n: Node) -> Node:
        return self.adjoints.get(id(n)) or zero(self.b, n.type)

    def add(self, n: Node, adjoint: Node) -> None:
        """One more thing that reads `n`; what it is broadcast to is summed."""
        if n.op in ("number", "noise") or _is_zero(adjoint):
            return
        if not n.type.sizes and adjoint.type.sizes:
            adjoint = self.b.node("sum", (adjoint,), type=SCALAR)
        if n.op == "fixed":
            self.totals.append(Total(n, adjoint))
            return
        known = self.adjoints.get(id(n))
        self.adjoints[id(n)] = self.b.unitwise("add", known, adjoint) if known else adjoint

    def mul(self, a: Node, by: Node) -> Node:
        return self.b.unitwise("mul", a, by)

    def matmul(self, a: Node, b: Node, type: Type) -> Node:
        return self.b.node("matmul", (a, b), type=type)


def zero(b: Builder, type: Type) -> Node:
    """Zeros of a type."""
    number = b.number(0.0)
    return b.node("expand", (number,), type=type) if type.sizes else number


def _is_zero(n: Node) -> bool:
    if n.op == "expand":
        return _is_zero(n.args[0])
    return n.op == "number" and n.attrs[0] == 0


def transposed(b: Builder, a: Node) -> Node:
    """A matrix's transpose; that of a transpose is the matrix."""
    if a.op == "transpose":
        return a.args[0]
    return b.node("transpose", (a,), type=Type(a.type.sizes[::-1]))


class Term:
    """A node with arithmetic, so that slopes read as formulas."""

    def __init__(self, b: Builder, node: Node) -> None:
        self.b, self.node = b, node

    def _with(self, op: str, *others: Any) -> Term:
        nodes = (n.node if isinstance(n, Term) else self.b.number(float(n)) for n in others)
        return Term(self.b, self.b.unitwise(op, *nodes))

    def __add__(self, other: Any) -> Term:
        return self._with("add", self, other)

    def __radd__(self, other: Any) -> Term:
        return self._with("add", other, self)

    def __sub__(self, other: Any) -> Term:
        return self._with("sub", self, other)

    def __rsub__(self, other: Any) -> Term:
        return self._with("sub", other, self)

    def __mul__(self, other: Any) -> Term:
        return self._with("mul", self, other)

    def __rmul__(self, other: Any) -> Term:
        return self._with("mul", other, self)

    def __truediv__(self, other: Any) -> Term:
        return self._with("div", self, other)

    def __rtruediv__(self, other: Any) -> Term:
        return self._with("div", other, self)

    def __neg__(self) -> Term:
        return self._with("neg", self)


class NodePrimitives:
    """The primitives of bodies and slopes, as nodes."""

    def __init__(self, b: Builder) -> None:
        self.b = b

    def __getattr__(self, op: str) -> Callable[..., Term]:
        def make(*args: Any) -> Term:
            first = next(a for a in args if isinstance(a, Term))
            return first._with(op, *args)

        return make


_ARITHMETIC: dict[str, tuple[Callable[..., Any], ...]] = {
    "add": (lambda m, y, a, b: 1.0, lambda m, y, a, b: 1.0),
    "sub": (lambda m, y, a, b: 1.0, lambda m, y, a, b: -1.0),
    "mul": (lambda m, y, a, b: b, lambda m, y, a, b: a),
    "div": (lambda m, y, a, b: 1.0 / b, lambda m, y, a, b: -y / b),
    "neg": (lambda m, y, a: -1.0,),
}


def _unitwise(r: _Reverse, n: Node, d: Node) -> None:
    slopes = _ARITHMETIC.get(n.op) or _op(n).slopes
    m = NodePrimitives(r.b)
    y = Term(r.b, n)
    args = [Term(r.b, a) for a in n.args]
    for a, slope in zip(n.args, slopes, strict=True):
        if a.op in ("number", "noise"):
            continue
        s = slope(m, y, *args)
        if isinstance(s, Term):
            r.add(a, r.mul(d, s.node))
        else:
            r.add(a, d if s == 1.0 else r.b.unitwise("neg", d) if s == -1.0 else d)


def _op(n: Node) -> Op:
    if n.op not in OPS:
        raise AssertionError(f"no gradient of '{n.op}'")
    return OPS[n.op]


def _matmul(r: _Reverse, n: Node, d: Node) -> None:
    a, v = n.args
    if a.op in ("block", "conv"):
        (leaf,) = a.args
        if v.type.kind != "vector":
            raise AssertionError(f"no gradient of {a.op} times a matrix")
        r.totals.append(Total(leaf, r.b.node("outer", (d, v), (a.op, *a.attrs), type=leaf.type)))
    elif v.type.kind == "vector":
        r.add(a, r.b.node("outer", (d, v), type=a.type))
    else:
        r.add(a, r.matmul(d, transposed(r.b, v), a.type))
    r.add(v, r.matmul(transposed(r.b, a), d, v.type))


def _expand(r: _Reverse, n: Node, d: Node) -> None:
    r.add(n.args[0], d)


def _squeeze(r: _Reverse, n: Node, d: Node) -> None:
    (a,) = n.args
    r.add(a, r.b.node("expand", (d,), type=a.type))


def _sum(r: _Reverse, n: Node, d: Node) -> None:
    (a,) = n.args
    r.add(a, r.b.node("expand", (d,), type=a.type))


def _mean(r: _Reverse, n: Node, d: Node) -> None:
    (a,) = n.args
    r.add(a, r.b.node("spread", (d,), type=a.type))


def _transpose(r: _Reverse, n: Node, d: Node) -> None:
    r.add(n.args[0], transposed(r.b, d))


def _outer(r: _Reverse, n: Node, d: Node) -> None:
    u, v = n.args
    r.add(u, r.matmul(d, v, u.type))
    r.add(v, r.matmul(transposed(r.b, d), u, v.type))


def _row_sums(r: _Reverse, m: Node, type: Type) -> Node:
    ones = r.b.node("expand", (r.b.number(1.0),), type=Type(m.type.sizes[1:]))
    return r.matmul(m, ones, type)


def _scale_rows(r: _Reverse, n: Node, d: Node) -> None:
    v, m = n.args
    r.add(v, _row_sums(r, r.mul(d, m), v.type))
    r.add(m, r.b.node("scale_rows", (v, d), type=m.type))


def _scale_columns(r: _Reverse, n: Node, d: Node) -> None:
    m, v = n.args
    r.add(v, _row_sums(r, transposed(r.b, r.mul(d, m)), v.type))
    r.add(m, r.b.node("scale_columns", (d, v), type=m.type))


def _diag(r: _Reverse, n: Node, d: Node) -> None:
    (v,) = n.args
    r.add(v, r.b.node("diagonal", (d,), type=v.type))


_RULES: dict[str, Callable[[_Reverse, Node, Node], None]] = {
    "matmul": _matmul,
    "expand": _expand,
    "squeeze": _squeeze,
    "sum": _sum,
    "mean": _mean,
    "transpose": _transpose,
    "outer": _outer,
    "scale_rows": _scale_rows,
    "scale_columns": _scale_columns,
    "diag": _diag,
    "block": lambda r, n, d: None,
    "conv": lambda r, n, d: None,
}
