"""A graph as it is read for drawing: which nodes have names, which depend on weights alone."""

from __future__ import annotations

from collections import Counter

from cellsearch.ir.graph import Graph, Node

_LEAVES = ("input", "state", "weight", "const")
_SHAPES = ("expand", "squeeze")


def bare(node: Node) -> Node:
    """The node below changes of shape, which are not drawn."""
    while node.op in _SHAPES:
        node = node.args[0]
    return node


class Sheet:
    """What is known of a graph's nodes.

    Attributes:
        names: of leaves and equations, by the node's id.
        fixed: ids of nodes that read neither inputs nor states.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.names: dict[int, str] = {}
        self.fixed: set[int] = set()
        self._uses: Counter[int] = Counter()
        for node in graph.nodes:
            self._read(node)
        for name, node in graph.equations.items():
            self.names.setdefault(id(bare(node)), name)

    def _read(self, node: Node) -> None:
        if node.op in _LEAVES:
            self.names[id(node)] = str(node.attrs[0])
        if node.op not in ("input", "state") and all(id(a) in self.fixed for a in node.args):
            self.fixed.add(id(node))
        if node.op not in _SHAPES:
            self._uses.update({id(bare(a)) for a in node.args})

    def args(self, node: Node) -> tuple[Node, ...]:
        """What a node reads."""
        return tuple(map(bare, node.args))

    def varying(self, node: Node) -> list[Node]:
        """The different ones of those that change from step to step."""
        found = {id(a): a for a in self.args(node) if id(a) not in self.fixed}
        return list(found.values())

    def is_fixed(self, node: Node) -> bool:
        return id(node) in self.fixed

    def is_own(self, node: Node) -> bool:
        """Whether a node has no name and one reader, so that it may be a part of that reader."""
        return id(node) not in self.names and self._uses[id(node)] == 1
