"""The functions of the language in ONNX: its own operations, else their bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cellsearch.export.onnx_model.writer import Graph
from cellsearch.ir.ops import OPS

ARITHMETIC = {"add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "neg": "Neg"}
# Where ONNX has an operation. Runtimes have no float64 of those in the second table.
_OWN = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "exp": "Exp", "log": "Log"}
_OWN |= {"sqrt": "Sqrt", "abs": "Abs", "sin": "Sin", "cos": "Cos", "min": "Min", "max": "Max"}
_FLOAT32: dict[str, tuple[str, dict[str, float]]] = {
    "leaky_relu": ("LeakyRelu", {"alpha": 0.01}),
    "elu": ("Elu", {"alpha": 1.0}),
    "gelu": ("Gelu", {}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
}


def unitwise(graph: Graph, op: str, *arguments: str) -> str:
    """What goes unit by unit."""
    if op in ARITHMETIC:
        return graph.node(ARITHMETIC[op], *arguments)
    if op in _OWN:
        return graph.node(_OWN[op], *arguments)
    if op in _FLOAT32 and graph.dtype == "float32":
        own, attributes = _FLOAT32[op]
        return graph.node(own, *arguments, **attributes)
    result: Term = OPS[op].body(_Primitives(graph), *(Term(graph, a) for a in arguments))
    return result.name


@dataclass(frozen=True)
class Term:
    """A value that bodies of functions calculate with."""

    graph: Graph
    name: str

    def __add__(self, other: Any) -> Term:
        return self._with("Add", self, other)

    def __radd__(self, other: Any) -> Term:
        return self._with("Add", other, self)

    def __sub__(self, other: Any) -> Term:
        return self._with("Sub", self, other)

    def __rsub__(self, other: Any) -> Term:
        return self._with("Sub", other, self)

    def __mul__(self, other: Any) -> Term:
        return self._with("Mul", self, other)

    def __rmul__(self, other: Any) -> Term:
        return self._with("Mul", other, self)

    def __truediv__(self, other: Any) -> Term:
        return self._with("Div", self, other)

    def __rtruediv__(self, other: Any) -> Term:
        return self._with("Div", other, self)

    def __neg__(self) -> Term:
        return self._with("Neg", self)

    def _with(self, op: str, *arguments: Any) -> Term:
        return _applied(self.graph, op, *arguments)


def _applied(graph: Graph, op: str, *arguments: Any) -> Term:
    """An operation on terms and numbers."""
    names = (a.name if isinstance(a, Term) else graph.number(float(a)) for a in arguments)
    return Term(graph, graph.node(op, *names))


class _Primitives:
    """What bodies are made of."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def __getattr__(self, name: str) -> Any:
        own = {**_OWN, "erf": "Erf"}[name]
        return lambda *arguments: _applied(self.graph, own, *arguments)

    def log1p(self, a: Term) -> Term:
        return _applied(self.graph, "Log", 1.0 + a)

    def expm1(self, a: Term) -> Term:
        return _applied(self.graph, "Exp", a) - 1.0

    def select(self, a: Any, b: Any, x: Any, y: Any) -> Term:
        above = _applied(self.graph, "Greater", a, b)
        return _applied(self.graph, "Where", above, x, y)
