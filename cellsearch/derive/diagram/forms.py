"""What is written inside one box: sums of products with weights, and what is around a function."""

from __future__ import annotations

from dataclasses import dataclass

from cellsearch.derive.diagram.sheet import Sheet, bare
from cellsearch.derive.gates import GATES
from cellsearch.ir.graph import Node

_SUMS = frozenset({"add", "sub", "neg"})
_NORMS = frozenset({"layernorm", "rmsnorm", "mean"})
ACTIVATIONS = frozenset(
    {
        *("tanh", "relu", "leaky_relu", "elu", "gelu", "silu"),
        *("softplus", "softsign", "hard_tanh", "sin", "cos"),
    }
)
# Functions of one value that are chained in one box, besides those of arithmetic.
_CHAINED = GATES | ACTIVATIONS | _NORMS
_CHAINED |= {"exp", "log", "sqrt", "abs", "square", "sum", "min", "max", "dropout", "transpose"}


@dataclass(frozen=True)
class Form:
    """An expression down to the nodes that have lines of their own.

    Attributes:
        inlets: those nodes, in the order of writing.
        weighs: whether it has a product with a weight matrix, a bias or a norm.
        maps: whether it has a product with a weight matrix.
    """

    inlets: tuple[Node, ...]
    weighs: bool
    maps: bool


def form(sheet: Sheet, node: Node) -> Form:
    """A node as a sum of what is multiplied with weights; it is one if it weighs."""
    inlets: dict[int, Node] = {}
    weighs = maps = False
    stack = [node]
    while stack:
        top = stack.pop()
        if sheet.is_fixed(top):
            weighs |= bool(top.type.sizes) and top.op != "number"
        elif not _is_linear(sheet, top) or not (top is node or sheet.is_own(top)):
            inlets.setdefault(id(top), top)
        else:
            weighs |= top.op in _NORMS
            maps |= top.op == "matmul"
            stack += sheet.args(top)[::-1]
    return Form(tuple(inlets.values()), weighs, maps)


def _is_linear(sheet: Sheet, node: Node) -> bool:
    if node.op in _SUMS or node.op in _NORMS or node.op == "square":
        return True
    a, *rest = sheet.args(node) or (node,)
    if node.op == "matmul":
        return sheet.is_fixed(a)
    if node.op == "mul":
        return sheet.is_fixed(a) or sheet.is_fixed(rest[0])
    return node.op == "div" and (sheet.is_fixed(rest[0]) or not rest[0].type.sizes)


@dataclass(frozen=True)
class Chain:
    """Functions of one value, one in the other.

    Attributes:
        core: the function that says what it is: a gate, an activation, or another.
        inner: what the innermost function is applied to.
    """

    core: Node
    inner: Node


def chain(sheet: Sheet, node: Node) -> Chain | None:
    """The functions from a node downwards, as long as each reads one value that changes."""
    path: list[Node] = []
    top = node
    while _is_step(sheet, top) and (top is node or sheet.is_own(top)):
        path.append(top)
        (top,) = sheet.varying(top)
    last = max((k for k, n in enumerate(path) if _bends(sheet, n)), default=None)
    if last is None:
        return None
    path = path[: last + 1]
    ranked = [n for ops in (GATES | ACTIVATIONS, {"dropout"}) for n in path if n.op in ops]
    return Chain((ranked or path[::-1])[0], sheet.varying(path[-1])[0])


def _is_step(sheet: Sheet, node: Node) -> bool:
    if len(sheet.varying(node)) != 1:
        return False
    return node.op in _CHAINED or node.op in {*_SUMS, "mul", "div"}


def _bends(sheet: Sheet, node: Node) -> bool:
    """Whether a step is more than a sum or a product with what is fixed."""
    if node.op in _CHAINED - _NORMS - {"transpose"}:
        return len(dotted(sheet, node)) == 1
    return node.op in ("mul", "div") and not any(map(sheet.is_fixed, sheet.args(node)))


def dotted(sheet: Sheet, node: Node) -> list[Node]:
    """The two nodes of which a node is the scalar product, or the node."""
    inner = bare(node.args[0]) if node.op == "sum" else node
    parts = sheet.varying(inner)
    is_dot = node.op == "sum" and inner.op == "mul" and sheet.is_own(inner) and len(parts) == 2
    return parts if is_dot else [node]


def one_variable(sheet: Sheet, node: Node) -> Node | None:
    """The one node with a name that an expression without matrices is a function of."""
    found: dict[int, Node] = {}
    stack = [node]
    while stack:
        top = stack.pop()
        if sheet.is_fixed(top):
            continue
        if top is not node and not sheet.is_own(top):
            found[id(top)] = top
        elif top.op in _CHAINED or top.op in {*_SUMS, "mul", "div"}:
            stack += sheet.args(top)
        else:
            return None
    return next(iter(found.values())) if len(found) == 1 else None
