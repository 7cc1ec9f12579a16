"""Which weights start otherwise in two cells that are related through a map of their weights."""

from __future__ import annotations

from dataclasses import dataclass

from cellsearch.derive.normal.laws import Law, Laws
from cellsearch.derive.relations.maps import Map
from cellsearch.derive.relations.relate import sides
from cellsearch.ir import Cell, Graph
from cellsearch.ir.expressions import Expression, Name, Negative
from cellsearch.ir.widths import substitute


@dataclass(frozen=True)
class OtherStart:
    """A weight of the second cell that starts otherwise than what it stands for in the first.

    Attributes:
        weight: of the second cell.
        a: what its counterpart starts as, as an `init` line says it, or `default`.
        b: what it starts as.
    """

    weight: str
    a: str
    b: str


def other_starts(a: Cell, b: Cell, map: Map) -> list[OtherStart]:
    """The weights that start otherwise, where each is one of the other cell's or its negative.

    Args:
        a: a cell.
        b: another one.
        map: each weight of `b` by weights of `a`.
    """
    (first, second, _), *_ = sides(a, b)
    one, other = first.graph, second.graph
    pairs = [(name, source) for name, e in map.items() if (source := _source(e)) is not None]
    return [
        OtherStart(name, _said(one, source), _said(other, name))
        for name, source in pairs
        if not _alike(Laws(one).of_weight(source), Laws(other).of_weight(name), map[name], map)
    ]


def _source(e: Expression) -> str | None:
    """The weight that an expression is, but for its sign."""
    match e:
        case Name(name=n) | Negative(operand=Name(name=n)):
            return n
    return None


def _sign(e: Expression) -> int:
    return -1 if isinstance(e, Negative) else 1


def _alike(ours: Law, theirs: Law, e: Expression, map: Map) -> bool:
    """Whether the second law is the first one with the sign of `e`."""
    # A start that is another weight is negated with that weight.
    copies = ours.text == "w0"
    expected = [(w, _sign(e) if copies else 1) for w in ours.reads]
    reads = [(_source(map[w]), _sign(map[w])) for w in theirs.reads]
    if ours.text != theirs.text or reads != expected:
        return False
    if ours.sign is None or theirs.sign is None:
        return copies or _sign(e) == 1
    return theirs.sign == _sign(e) * ours.sign


def _said(graph: Graph, name: str) -> str:
    start = graph.weights[name].start
    return "default" if start is None else str(substitute(start, graph.consts))
