"""Values of a cell written down as it runs, and the gradients that reach them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from torch import Tensor

from cellsearch.derive.timing import FIXED, timing
from cellsearch.errors import ConfigError, nearest_or_all
from cellsearch.ir import Graph, Node
from cellsearch.ir.build import value
from cellsearch.ir.graph import topological


class Tape:
    """Where the values of one layer and direction are written down, step by step.

    Args:
        slots: by name [T, B, …], zeros. A value goes on as the sum of itself and its slot, so that
            the gradient of a slot is that of the value.
        written: of the same shapes; takes the values.
    """

    def __init__(self, slots: Mapping[str, Tensor], written: Mapping[str, Tensor]) -> None:
        # One unbind, whose gradient is one stack: T slices would fill T tensors of zeros.
        self._slots = {name: slot.unbind() for name, slot in slots.items()}
        self._written = written

    def passed(self, name: str, t: int, value: Tensor) -> Tensor:
        """The value of step `t`, [rows, …], written down."""
        rows = len(value)
        self._written[name][t, :rows].copy_(value.detach())
        return value + self._slots[name][t][:rows]


def recordable(graph: Graph) -> dict[str, Node]:
    """What can be written down, by name: states before a step, and equations that differ by step.

    A state's new value is the equation of its primed name.
    """
    group = timing(graph)
    states = {str(n.attrs[0]): n for n in graph.nodes if n.op == "state"}
    named = states | graph.equations
    return {name: n for name, n in named.items() if group.get(id(n), FIXED) != FIXED}


def check_recordable(graph: Graph, names: Sequence[str]) -> None:
    """Refuse a name that stands for nothing that can be written down.

    Raises:
        ConfigError: with the reason, or the nearest name.
    """
    known = recordable(graph)
    for name in names:
        if name not in known:
            raise ConfigError(_refusal(graph, name, known))


def tapped(graph: Graph, names: Sequence[str]) -> Graph:
    """The graph in which whatever reads these values reads them from the tape."""
    known = recordable(graph)
    wanted: dict[int, list[str]] = {}
    for name in names:
        wanted.setdefault(id(known[name]), []).append(name)
    new: dict[int, Node] = {}
    for n in graph.nodes:
        made = Node(n.op, tuple(new[id(a)] for a in n.args), n.attrs, n.type)
        for name in wanted.get(id(n), ()):
            made = Node("tap", (made,), (name,), n.type)
        new[id(n)] = made
    states = tuple(replace(s, next=new[id(s.next)]) for s in graph.states)
    output = new[id(graph.output)]
    return replace(
        graph,
        states=states,
        output=output,
        equations={name: new[id(n)] for name, n in graph.equations.items() if id(n) in new},
        _order=topological([output, *(s.next for s in states)]),
    )


def _refusal(graph: Graph, name: str, known: Mapping[str, Node]) -> str:
    node = graph.equations.get(name)
    if node is None:
        return f"'{graph.name}' has no state or equation '{name}'{nearest_or_all(name, known)}"
    number = value(node)
    if number is not None:
        return f"'{name}' of '{graph.name}' is {number:g} at every step; nothing to record"
    if node in graph.nodes:
        return f"'{name}' of '{graph.name}' is made of weights alone, the same at every step"
    return f"nothing that the output needs reads '{name}' of '{graph.name}'; it is not computed"
