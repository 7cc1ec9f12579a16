"""Ways to corrupt one node of a graph: for each kind of operation, a wrong one in its place."""

from dataclasses import replace

from cellsearch.ir import Graph, Node
from cellsearch.ir.graph import Form, topological
from cellsearch.ir.ops import NORMS, OPS, REDUCTIONS, STRUCTURES

LEAVES = {"input", "state", "weight", "number", "const", "identity", "zeros"}
ARITHMETIC = {"add", "sub", "mul", "div", "neg"}
MATRICES = {"matmul", "transpose", "scale_rows", "scale_columns", *STRUCTURES}
SHAPES = {"expand", "squeeze"}
NOISE = {"dropout", "zoneout"}
# `identity` the function is written, but is no operation: the builder takes it away.
KINDS = LEAVES | ARITHMETIC | MATRICES | SHAPES | NOISE | set(OPS) | set(REDUCTIONS) | set(NORMS)

# An operation of the same arguments that does something else, as near by as there is one.
INSTEAD = {
    "add": "sub",
    "sub": "add",
    "mul": "add",
    "div": "mul",
    "sigmoid": "tanh",
    "tanh": "sigmoid",
    "relu": "leaky_relu",
    "leaky_relu": "relu",
    "elu": "relu",
    "gelu": "silu",
    "silu": "gelu",
    "softplus": "relu",
    "softsign": "tanh",
    "hard_sigmoid": "sigmoid",
    "hard_tanh": "tanh",
    "exp": "square",
    "log": "square",
    "sqrt": "square",
    "abs": "square",
    "sin": "cos",
    "cos": "sin",
    "square": "abs",
    "min": "max",
    "max": "min",
    "sum": "mean",
    "mean": "sum",
    "layernorm": "rmsnorm",
    "rmsnorm": "layernorm",
}


def corruptions(graph: Graph, node: Node) -> list[Node]:
    """Nodes of the same type that are wrong in the place of this one."""
    op, args, attrs = node.op, node.args, node.attrs
    wrong: list[Node] = []
    if op in INSTEAD:
        wrong.append(replace(node, op=INSTEAD[op]))
    if op in ("sub", "div", "zoneout", "outer") and _can_swap(*args):
        wrong.append(replace(node, args=args[::-1]))
    if op == "number":
        wrong.append(replace(node, attrs=(attrs[0] * 1.01 + 0.001,)))
    if op == "const":
        wrong.append(Node("number", (), (0.5,), node.type))
    if op in ("weight", "state", "input"):
        wrong += [*_others(graph, node), _negative(node)]
    if op in ("weight", "state", "input") and not _is_structured(graph, node):
        wrong.append(_zero(node))
    if op == "matmul":
        wrong += _wrong_products(node)
    if op in ("neg", "transpose", "dropout") and args[0].type == node.type:
        wrong.append(_negative(args[0]) if op == "dropout" else args[0])
    if op == "scale_rows" and _is_square(node):
        wrong.append(replace(node, op="scale_columns", args=args[::-1]))
    if op == "scale_columns" and _is_square(node):
        wrong.append(replace(node, op="scale_rows", args=args[::-1]))
    if op in ("identity", "zeros"):
        wrong.append(replace(node, op="zeros" if op == "identity" else "identity"))
    if op in ("expand", "squeeze", "diag", "outer", "conv", "block"):
        wrong.append(replace(node, args=(_negative(args[0]), *args[1:])))
    return wrong


def _others(graph: Graph, node: Node) -> list[Node]:
    """Another of its kind: another weight or input, another state, a delay one step off."""
    forms = {n: w.form for n, w in graph.weights.items()}
    same = [n for n in graph.nodes if n.op == node.op and n.type == node.type and n is not node]
    return [n for n in same if forms.get(n.attrs[0]) == forms.get(node.attrs[0])][:1]


def _wrong_products(node: Node) -> list[Node]:
    a, b = node.args
    plain = a.op not in ("conv", "block")
    if plain and len(set(a.type.sizes)) == 1:
        return [replace(node, args=(Node("transpose", (a,), (), a.type), b))]
    return [_negative(node), replace(node, args=(a, _negative(b)))]


def _negative(a: Node) -> Node:
    return Node("neg", (a,), (), a.type)


def _zero(like: Node) -> Node:
    """A bias dropped, a state forgotten."""
    number = Node("number", (), (0.0,), like.type._replace(sizes=()))
    if like.type.kind == "matrix":
        return Node("zeros", (), (), like.type)
    return Node("expand", (number,), (), like.type) if like.type.sizes else number


def _is_structured(graph: Graph, node: Node) -> bool:
    """Whether it is a weight that is stored in blocks or filters."""
    return node.op == "weight" and graph.weights[node.attrs[0]].form != Form()


def with_node(graph: Graph, old: Node, wrong: Node) -> Graph:
    """The graph with one node replaced, wherever it is read."""
    new: dict[int, Node] = {}
    for n in graph.nodes:
        args = tuple(new[id(a)] for a in n.args)
        # What reads nothing corrupted stays the same object, as all nodes of a graph are.
        same = all(a is b for a, b in zip(args, n.args, strict=True))
        new[id(n)] = wrong if n is old else n if same else replace(n, args=args)
    states = tuple(replace(s, next=new[id(s.next)]) for s in graph.states)
    output = new[id(graph.output)]
    order = topological([output, *(s.next for s in states)])
    return replace(graph, states=states, output=output, _order=order)


def _can_swap(a: Node, b: Node) -> bool:
    return a is not b and a.type == b.type


def _is_square(n: Node) -> bool:
    return n.type.sizes[0] == n.type.sizes[1]
