"""What every format here asks of a cell that it is to hold, and where in a cell a node stands."""

from __future__ import annotations

from collections.abc import Iterable

from cellsearch.errors import LanguageError
from cellsearch.ir import Cell, Graph, Node, elaborate
from cellsearch.ir.graph import topological


def plain_graph(cell: Cell, format: str) -> Graph:
    """The graph of a cell that has one input, and states and weights that start as usual.

    Raises:
        LanguageError: the cell is wrong, or no format of this folder can say what it says.
    """
    graph = elaborate(cell)
    if len(graph.inputs) > 1:
        others = ", ".join(list(graph.inputs)[1:])
        raise LanguageError(f"'{cell.name}' also reads {others}; {format} has the one input x")
    starts = {s.name: s.start for s in graph.states}
    starts |= {w.name: w.start for w in graph.weights.values()}
    given = next((name for name, start in starts.items() if start is not None), None)
    if given is not None:
        raise LanguageError(f"{format} cannot hold the start of '{given}': it has no starts")
    return graph


class Places:
    """In which equation a node stands, for messages."""

    def __init__(self, graph: Graph) -> None:
        # A node that several equations share stands in the one that is computed first.
        self._of: dict[int, str] = {}
        for name, node in graph.equations.items():
            todo = [node]
            while todo:
                n = todo.pop()
                if id(n) not in self._of:
                    self._of[id(n)] = name
                    todo += n.args

    def of(self, n: Node) -> str:
        """The name of the equation; what stands in none is what a delay remembers."""
        return self._of.get(id(n), "delay")

    def refusal(self, n: Node, format: str, why: str) -> LanguageError:
        """The error that a format cannot hold the equation of a node."""
        return LanguageError(f"{format} cannot hold the equation of {self.of(n)}: {why}")


def in_text_order(graph: Graph, nodes: Iterable[Node]) -> list[Node]:
    """The nodes, each after what it reads, as far as that goes in the order of the equations."""
    wanted = set(map(id, nodes))
    roots = [*graph.equations.values(), *(s.next for s in graph.states)]
    return [n for n in topological(roots) if id(n) in wanted]
