"""A graph read into its normal form.

States that always agree are one, and a state that starts at 0 and never leaves it is none.
"""

from __future__ import annotations

from cellsearch.derive.normal.algebra import Algebra, Boxing, Polynomial, TooLargeError
from cellsearch.derive.normal.form import NormalForm, below, state_of
from cellsearch.derive.normal.laws import Laws
from cellsearch.derive.normal.merge import never_left, twins
from cellsearch.derive.normal.nodes import BoxedNodes, Nodes
from cellsearch.ir import Graph


def normal_form(graph: Graph) -> NormalForm:
    """The normal form of a cell."""
    laws = Laws(graph)
    alias: dict[str, str | None] = {}
    while True:
        form = _read(graph, alias, laws)
        found = never_left(form) or twins(form)
        if not found:
            return form
        alias |= found


def _read(graph: Graph, alias: dict[str, str | None], laws: Laws) -> NormalForm:
    algebra = Algebra()
    try:
        nodes = Nodes(graph, algebra, alias)
    except TooLargeError:
        algebra = boxing = Boxing()
        nodes = BoxedNodes(graph, boxing, alias)
    output = nodes[graph.output]
    following = {s.name: s.next for s in graph.states}
    updates: dict[str, Polynomial] = {}
    waiting = [output]
    seen: set[int] = set()
    while waiting:
        for a in below(algebra, waiting.pop(), seen):
            name = state_of(algebra, a)
            if name is not None:
                updates[name] = nodes[following[name]]
                waiting.append(updates[name])
    return NormalForm(graph, algebra, output, updates, dict(alias), laws)
