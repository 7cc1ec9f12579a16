"""When a value can be computed: once, for all steps together, or step by step."""

from __future__ import annotations

from cellsearch.ir import Graph, Node

# Depends on weights alone; on inputs too; on states.
FIXED, HOISTED, STEPWISE = range(3)


def timing(graph: Graph) -> dict[int, int]:
    """FIXED, HOISTED or STEPWISE for each node, by its id."""
    group: dict[int, int] = {}
    for n in graph.nodes:
        when = _own(n)
        for a in n.args:
            when = max(when, group[id(a)])
        group[id(n)] = when
    return group


# What is written down is so at its step.
_LEAST = {"input": HOISTED, "state": STEPWISE, "tap": STEPWISE}


def _own(n: Node) -> int:
    # Noise that is drawn anew at every step needs a row for each.
    if n.op == "zoneout" or (n.op == "dropout" and n.attrs[2] == "step"):
        return HOISTED
    return _LEAST.get(n.op, FIXED)


def remembers_inputs(graph: Graph) -> frozenset[str]:
    """The states that hold past inputs and what is made of them alone: they wait for no step."""
    bits = {s.name: 1 << i for i, s in enumerate(graph.states)}
    # The states that each node reads, and those that are found, as bits.
    reads: dict[int, int] = {}
    for n in graph.nodes:
        read = bits[str(n.attrs[0])] if n.op == "state" else 0
        for a in n.args:
            read |= reads[id(a)]
        reads[id(n)] = read
    found, before = 0, -1
    while found != before:
        before = found
        for s in graph.states:
            found |= 0 if reads[id(s.next)] & ~found else bits[s.name]
    return frozenset(s for s, bit in bits.items() if bit & found)
