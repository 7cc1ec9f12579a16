"""From the weights of one cell to those of another that it equals in a grade."""

from __future__ import annotations

from collections.abc import Mapping

from cellsearch.derive.normal.gauge import Grade
from cellsearch.derive.normal.merging import Part
from cellsearch.derive.relations.expressions import plus, times
from cellsearch.derive.relations.side import Side
from cellsearch.ir.expressions import Binary, Call, Expression, Name, Number, Transpose
from cellsearch.ir.graph import Form

Map = dict[str, Expression]


def weight_map(a: Side, b: Side, grade: Grade) -> Map:
    """Each weight of `b` as an expression of the weights of `a` with which the two are one cell.

    A weight of `b` that changes nothing, or that another one swallows, is 0.
    """
    own, others = a.written(grade), b.written(grade)
    numbered = {i: name for name, i in own.weights.items()}
    swallowed = _merged(a, grade)
    found: Map = {name: Number(0.0) for name in b.graph.weights}
    for name, i in others.weights.items():
        source = numbered[i]
        factor = others.factors[name] / own.factors[source]
        found[name] = times(_clean(factor), swallowed.get(source, Name(source)))
    for merge in reversed(b.merges(grade)):
        for part in merge.parts:
            term = _part(part, b, merge.keep, found)
            found[merge.keep] = plus(found[merge.keep], times(-1.0, term))
    return found


def _merged(a: Side, grade: Grade) -> Map:
    """What each weight that swallowed others stands for."""
    names: Map = {n: Name(n) for n in a.graph.weights}
    found = dict(names)
    for merge in a.merges(grade):
        for part in merge.parts:
            found[merge.keep] = plus(found[merge.keep], _part(part, a, merge.keep, found))
    return found


def _part(part: Part, side: Side, keep: str, values: Mapping[str, Expression]) -> Expression:
    """What was swallowed, with the values that its weights have."""
    e: Expression = Number(1.0)
    for w in part.weights:
        e = values[w] if e == Number(1.0) else Binary("*", e, values[w])
    if any(values[w] == Number(0.0) for w in part.weights):
        return Number(0.0)
    form = side.graph.weights[part.weights[0]].form if part.weights else Form()
    if form.heads and not side.graph.weights[keep].form.heads:
        e = Call((e, Number(float(form.heads))), "block")
    if part.shape == "transposed":
        e = Transpose(e)
    if part.shape == "diagonal":
        e = Call((e,), "diag") if part.weights else Name("I")
    return times(part.ratio, e)


def _clean(factor: float) -> float:
    """A factor without the last digits of its logarithm."""
    return float(f"{factor:.10g}")
