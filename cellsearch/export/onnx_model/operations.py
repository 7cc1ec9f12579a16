"""What each operation of a graph is in ONNX, with a batch and without.

As in the reference backend: a value has a batch where it depends on an input or a state; a scalar
is then [B, 1], in a plane [B, 1, 1, 1]. A vector in a plane has its height and width throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from cellsearch.errors import ConfigError
from cellsearch.export.onnx_model.functions import unitwise
from cellsearch.export.onnx_model.writer import Array, Attribute, Graph
from cellsearch.ir.build import UNITWISE
from cellsearch.ir.expressions import Expression
from cellsearch.ir.graph import Node
from cellsearch.ir.ops import LAYERNORM_EPSILON, RMSNORM_EPSILON
from cellsearch.ir.types import Type
from cellsearch.ir.widths import number


@dataclass(frozen=True)
class Ref:
    """A value by its name, and whether it has a batch."""

    name: str
    batched: bool


class Operations:
    """Nodes of a cell's graph as nodes of ONNX.

    Args:
        main: the graph around the steps: what weights alone decide.
        body: one step.
        sizes: H, X, and the widths of further inputs.
        consts: of the cell.
        x: the first input's name in `main`.
        plane: whether units are channels of a plane.
    """

    def __init__(
        self,
        main: Graph,
        body: Graph,
        sizes: Mapping[str, int],
        consts: Mapping[str, Expression],
        x: str,
        plane: bool,
    ) -> None:
        self.main, self.body, self.sizes, self.plane = main, body, sizes, plane
        self.consts = consts
        self.values: dict[int, Ref] = {}
        self.batch = main.node("Shape", x, start=1, end=2)
        self.space = main.node("Shape", x, start=3) if plane else ""

    def of(self, n: Node) -> Ref:
        """The value of a node whose arguments are known."""
        if n.op in UNITWISE:
            return self._unitwise(n)
        operation: Callable[[Node], Ref] | None = getattr(self, f"_{n.op}", None)
        if operation is None:
            raise ConfigError(f"the format 'onnx' has nothing for '{n.op}'")
        return operation(n)

    def dims(self, type: Type) -> tuple[int, ...]:
        """The sizes of a type, without those of a plane."""
        return tuple(s.at(self.sizes) for s in type.sizes)

    def full(self, value: Ref, type: Type) -> str:
        """The value in a step with a batch, as states and outputs have it."""
        if value.batched:
            return value.name
        return self.body.node("Expand", value.name, self.full_shape(type))

    def full_shape(self, type: Type) -> str:
        """The name of the shape of a batch of a type."""
        dims = self.dims(type) or (1,) * (3 if self.plane else 1)
        spread = [self.space] if self.plane and len(type.sizes) == 1 else []
        return self.main.node("Concat", self.batch, self.main.whole(*dims), *spread, axis=0)

    def _args(self, n: Node) -> list[Ref]:
        return [self.values[id(a)] for a in n.args]

    def _graph(self, *refs: Ref) -> Graph:
        return self.body if any(r.batched for r in refs) else self.main

    def _made(self, op: str, *refs: Ref, **attributes: Attribute) -> Ref:
        name = self._graph(*refs).node(op, *(r.name for r in refs), **attributes)
        return Ref(name, any(r.batched for r in refs))

    def _whole(self, *values: int) -> Ref:
        return Ref(self.main.whole(*values), False)

    def _unsqueezed(self, a: Ref, *axes: int) -> Ref:
        return self._made("Unsqueeze", a, self._whole(*axes))

    def _fixed(self, value: Array, name: str) -> Ref:
        return Ref(self.main.constant(value.astype(self.main.dtype), name), False)

    def _unitwise(self, n: Node) -> Ref:
        args = [self._lifted(a, n) for a in n.args]
        name = unitwise(self._graph(*args), n.op, *(a.name for a in args))
        return Ref(name, any(a.batched for a in args))

    def _lifted(self, a: Node, n: Node) -> Ref:
        """A batched scalar in a shape that goes with a matrix."""
        value = self.values[id(a)]
        lifts = value.batched and not a.type.sizes and len(n.type.sizes) == 2
        return self._unsqueezed(value, 2) if lifts else value

    def _number(self, n: Node) -> Ref:
        return Ref(self.main.number(float(n.attrs[0])), False)

    def _const(self, n: Node) -> Ref:
        return Ref(self.main.number(number(self.consts[str(n.attrs[0])], self.sizes)), False)

    def _identity(self, n: Node) -> Ref:
        side = self.dims(n.type)[0]
        return self._fixed(np.eye(side), f"identity {side}")

    def _zeros(self, n: Node) -> Ref:
        dims = self.dims(n.type)
        return self._fixed(np.zeros(dims), f"zeros {dims}")

    def _weight(self, n: Node) -> Ref:
        name = str(n.attrs[0])
        if not self.plane or len(n.type.sizes) != 1:
            return Ref(name, False)
        return self._spread(self._unsqueezed(Ref(name, False), 1, 2), n.type)

    def _spread(self, a: Ref, type: Type) -> Ref:
        """A vector over the plane."""
        shape = self.main.node("Concat", self.main.whole(*self.dims(type)), self.space, axis=0)
        return self._made("Expand", a, Ref(shape, False))

    def _expand(self, n: Node) -> Ref:
        (a,) = self._args(n)
        if self.plane and len(n.type.sizes) == 1:
            return self._spread(a, n.type)
        if a.batched and len(n.type.sizes) == 2:
            a = self._unsqueezed(a, 2)
        return self._made("Expand", a, self._whole(*self.dims(n.type)))

    def _squeeze(self, n: Node) -> Ref:
        (a,) = self._args(n)
        return a if a.batched else self._made("Reshape", a, self._whole())

    def _transpose(self, n: Node) -> Ref:
        (a,) = self._args(n)
        return self._transposed(a)

    def _transposed(self, a: Ref) -> Ref:
        return self._made("Transpose", a, perm=[0, 2, 1] if a.batched else [1, 0])

    def _diag(self, n: Node) -> Ref:
        (v,) = self._args(n)
        return self._made("Mul", self._unsqueezed(v, -1), self._identity(n))

    def _outer(self, n: Node) -> Ref:
        a, b = self._args(n)
        return self._made("Mul", self._unsqueezed(a, -1), self._unsqueezed(b, -2))

    def _scale_rows(self, n: Node) -> Ref:
        v, m = self._args(n)
        return self._made("Mul", self._unsqueezed(v, -1), m)

    def _scale_columns(self, n: Node) -> Ref:
        m, v = self._args(n)
        return self._made("Mul", m, self._unsqueezed(v, -2))

    def _block(self, n: Node) -> Ref:
        """A weight [heads, r, c] as the matrix of heads * r rows that it is."""
        (w,) = self._args(n)
        heads = int(n.attrs[0])
        eye = self._fixed(np.eye(heads).reshape(heads, 1, heads, 1), f"heads {heads}")
        apart = self._made("Mul", self._unsqueezed(w, 2), eye)
        return self._made("Reshape", apart, self._whole(*self.dims(n.type)))

    def _conv(self, n: Node) -> Ref:
        """The filters; what is done with them is in the product."""
        return self._args(n)[0]

    def _matmul(self, n: Node) -> Ref:
        (a, b), (m, v) = n.args, self._args(n)
        if a.op == "conv" or (self.plane and b.type.kind == "vector"):
            return self._filtered(a, m, v)
        if b.type.kind == "matrix" or not v.batched:
            return self._made("MatMul", m, v)
        if not m.batched:
            return self._made("MatMul", v, self._transposed(m))
        product = self._made("MatMul", m, self._unsqueezed(v, 2))
        return self._made("Squeeze", product, self._whole(2))

    def _filtered(self, a: Node, m: Ref, v: Ref) -> Ref:
        """A product in a plane; an even filter reaches further right and down."""
        side = int(a.attrs[0]) if a.op == "conv" else 1
        w = m if a.op == "conv" else self._unsqueezed(m, 2, 3)
        before, after = (side - 1) // 2, side // 2
        pads = [before, before, after, after]
        if v.batched:
            return self._made("Conv", v, w, pads=pads)
        out = self._made("Conv", self._unsqueezed(v, 0), w, pads=pads)
        return self._made("Squeeze", out, self._whole(0))

    def _sum(self, n: Node) -> Ref:
        return self._reduced("ReduceSum", n)

    def _mean(self, n: Node) -> Ref:
        return self._reduced("ReduceMean", n)

    def _axes(self, a: Node) -> Ref:
        rank = 3 if self.plane and len(a.type.sizes) == 1 else len(a.type.sizes)
        return self._whole(*range(-rank, 0))

    def _reduced(self, op: str, n: Node) -> Ref:
        (a,), (v,) = n.args, self._args(n)
        if not a.type.sizes:
            return v
        if not v.batched:
            return self._made(op, v, self._axes(a), keepdims=0)
        out = self._made(op, v, self._axes(a))
        return self._made("Squeeze", out, self._whole(2)) if a.type.kind == "matrix" else out

    def _layernorm(self, n: Node) -> Ref:
        (v,), axes = self._args(n), self._axes(n.args[0])
        centred = self._made("Sub", v, self._made("ReduceMean", v, axes))
        return self._made("Div", centred, self._deviation(centred, axes, LAYERNORM_EPSILON))

    def _rmsnorm(self, n: Node) -> Ref:
        (v,), axes = self._args(n), self._axes(n.args[0])
        return self._made("Div", v, self._deviation(v, axes, RMSNORM_EPSILON))

    def _deviation(self, v: Ref, axes: Ref, epsilon: float) -> Ref:
        variance = self._made("ReduceMean", self._made("Mul", v, v), axes)
        epsilon_ = Ref(self.main.number(epsilon), False)
        return self._made("Sqrt", self._made("Add", variance, epsilon_))

    def _dropout(self, n: Node) -> Ref:
        return self._args(n)[0]

    def _zoneout(self, n: Node) -> Ref:
        new, old = self._args(n)
        p = float(n.attrs[0])
        kept = self._made("Mul", Ref(self.main.number(p), False), old)
        taken = self._made("Mul", Ref(self.main.number(1 - p), False), new)
        return self._made("Add", kept, taken)
