"""A graph without its biases: what `bias=False` means for a cell of any equations."""

from __future__ import annotations

from dataclasses import replace

from cellsearch.errors import LanguageError
from cellsearch.ir.build import UNITWISE, Builder
from cellsearch.ir.expressions import names
from cellsearch.ir.graph import Graph, Node, Weight, topological
from cellsearch.ir.starts import source_weight


def without_biases(graph: Graph) -> Graph:
    """The graph without the vector weights that stand as terms of a sum.

    Raises:
        LanguageError: a weight that stays starts from one that goes.
    """
    builder = Builder()
    new: dict[int, Node] = {}
    for n in graph.nodes:
        terms = n.op in ("add", "sub")
        args = tuple(builder.number(0.0) if terms and _is_bias(a) else new[id(a)] for a in n.args)
        if n.op in UNITWISE:
            new[id(n)] = builder.unitwise(n.op, *args)
        else:
            new[id(n)] = builder.node(n.op, args, n.attrs, type=n.type)
        if n.type.sizes and not new[id(n)].type.sizes:
            new[id(n)] = builder.expand(new[id(n)], n.type)
    return _rebuilt(graph, new)


def _is_bias(a: Node) -> bool:
    a = a.args[0] if a.op == "neg" else a
    return a.op == "weight" and a.type.kind == "vector"


def _rebuilt(graph: Graph, new: dict[int, Node]) -> Graph:
    states = tuple(replace(s, next=new[id(s.next)]) for s in graph.states)
    output = new[id(graph.output)]
    order = topological([output, *(s.next for s in states)])
    read = {str(n.attrs[0]) for n in order if n.op == "weight"}
    read |= {n for s in states if s.start is not None for n in names(s.start)}
    weights = {n: w for n, w in graph.weights.items() if n in read}
    for w in weights.values():
        _check_start(w, weights, graph)
    return replace(
        graph,
        states=states,
        weights=weights,
        output=output,
        equations={n: new[id(e)] for n, e in graph.equations.items() if id(e) in new},
        _order=order,
    )


def _check_start(w: Weight, left: dict[str, Weight], graph: Graph) -> None:
    for n in names(w.start) if w.start is not None else ():
        source = source_weight(n, w.name, graph.weights)
        if source is not None and source not in left:
            message = f"without biases '{w.name}' cannot start from '{source}'"
            raise LanguageError(message, w.start.at if w.start else None)
