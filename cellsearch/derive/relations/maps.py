"""From the weights of one cell to those of another that it equals in a grade."""

from __future__ import annotations

from collections.abc import Mapping

from cellsearch.derive.normal.gauge import Grade
from cellsearch.derive.normal.merging import DIAGONAL, TRANSPOSED, Part
from cellsearch.derive.relations.expressions import (
    Sum,
    constant,
    expression,
    plus,
    product,
    scaled,
    wrapped,
)
from cellsearch.derive.relations.side import Side
from cellsearch.ir.expressions import Call, Expression, Name, Number, Transpose
from cellsearch.ir.graph import WHOLE

Map = dict[str, Expression]


def weight_map(a: Side, b: Side, grade: Grade) -> Map:
    """Each weight of `b` as an expression of the weights of `a` with which the two are one cell.

    A weight of `b` that changes nothing, or that another one swallows, is 0.
    """
    own, others = a.written(grade), b.written(grade)
    numbered = {i: name for name, i in own.weights.items()}
    sources = _merged(a, grade)
    found: dict[str, Sum] = {name: {} for name in b.graph.weights}
    for name, i in others.weights.items():
        source = numbered[i]
        found[name] = scaled(others.factor(name) / own.factor(source), sources[source])
    for merge in reversed(b.merges(grade)):
        for part in merge.parts:
            swallowed = _part(part, b, merge.keep, found)
            found[merge.keep] = plus(found[merge.keep], scaled(-1.0, swallowed))
    return {name: expression(s) for name, s in found.items()}


def _merged(a: Side, grade: Grade) -> dict[str, Sum]:
    """What each weight stands for, once it has swallowed others."""
    found: dict[str, Sum] = {n: {Name(n): 1.0} for n in a.graph.weights}
    for merge in a.merges(grade):
        for part in merge.parts:
            found[merge.keep] = plus(found[merge.keep], _part(part, a, merge.keep, found))
    return found


def _part(part: Part, side: Side, keep: str, values: Mapping[str, Sum]) -> Sum:
    """What was swallowed, with the values that its weights have."""
    s = constant(part.ratio)
    for w in part.weights:
        s = product(s, values[w])
    form = side.graph.weights[part.weights[0]].form if part.weights else WHOLE
    if form.heads and not side.graph.weights[keep].form.heads:
        s = wrapped(s, lambda e: Call((e, Number(float(form.heads))), "block"))
    if part.shape == TRANSPOSED:
        s = wrapped(s, Transpose)
    return wrapped(s, _diagonal) if part.shape == DIAGONAL else s


def _diagonal(e: Expression) -> Expression:
    return Name("I") if e == Number(1.0) else Call((e,), "diag")
