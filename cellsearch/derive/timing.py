"""When a value can be computed: once, for all steps together, or step by step."""

from __future__ import annotations

from cellsearch.ir import Graph, Node
from cellsearch.ir.graph import topological

# Depends on weights alone; on inputs too; on states.
FIXED, HOISTED, STEPWISE = range(3)


def timing(graph: Graph) -> dict[int, int]:
    """FIXED, HOISTED or STEPWISE for each node, by its id."""
    group: dict[int, int] = {}
    for n in graph.nodes:
        group[id(n)] = max([_own(n), *(group[id(a)] for a in n.args)])
    return group


def _own(n: Node) -> int:
    # Noise that is drawn anew at every step needs a row for each.
    if n.op == "zoneout" or (n.op == "dropout" and n.attrs[2] == "step"):
        return HOISTED
    return {"input": HOISTED, "state": STEPWISE}.get(n.op, FIXED)


def remembers_inputs(graph: Graph) -> frozenset[str]:
    """The states that hold past inputs and what is made of them alone: they wait for no step."""
    reads = {
        s.name: {str(n.attrs[0]) for n in topological([s.next]) if n.op == "state"}
        for s in graph.states
    }
    found: set[str] = set()
    while new := {s for s, read in reads.items() if s not in found and read <= found}:
        found |= new
    return frozenset(found)
