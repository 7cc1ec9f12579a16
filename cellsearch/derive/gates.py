"""Which of a cell's equations are gates: what is held open and shut, and what is drawn as one."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from cellsearch.derive.ranges import Interval, ranges
from cellsearch.ir import Cell, Graph
from cellsearch.ir.cell import Equation, flat
from cellsearch.ir.expressions import Binary, Call, Expression, Name, Number
from cellsearch.ir.naming import uses
from cellsearch.ir.unroll import base

# Functions that are gates unless they are a state's whole new value.
GATES = frozenset({"sigmoid", "hard_sigmoid"})

_Families = Mapping[str, Sequence[Expression]]


def gates(cell: Cell, graph: Graph) -> tuple[str, ...]:
    """The names whose values are gates, `u` for all rounds of `u[k]`, in the order of the lines."""
    families: dict[str, list[Expression]] = {}
    for line in flat(cell.lines):
        if isinstance(line, Equation):
            families.setdefault(line.target.name, []).append(line.value)
    weighing = _weighing(families, graph)
    found: dict[str, None] = {}
    for name, values in families.items():
        written = all(is_gating(value, found) for value in values)
        if "'" not in name and (written or name in weighing):
            found[name] = None
    return tuple(found)


def is_gate(e: Expression) -> bool:
    """Whether a value is a gate's as it stands."""
    return isinstance(e, Call) and e.function in GATES


def is_gating(e: Expression, known: Container[str] = ()) -> bool:
    """Whether a value is a gate's, or what a gate leaves: `1 - f`, where `f` is known as one."""
    match e:
        case Binary(op="-", left=Number(value=1.0), right=Name(name=n)):
            return n in known
        case Binary(op="-", left=Number(value=1.0), right=inner):
            return is_gate(inner)
    return is_gate(e)


def _weighing(families: _Families, graph: Graph) -> set[str]:
    """The names of values from 0 to 1, however they are written, that multiply something."""
    intervals: dict[str, list[Interval]] = {}
    for name, interval in ranges(graph).items():
        intervals.setdefault(base(name), []).append(interval)
    read = (use for values in families.values() for e in values for use in uses(e))
    factors = {use.name for use in read if use.role == "factor"}
    return {n for n in factors & intervals.keys() if all(map(_is_share, intervals[n]))}


def _is_share(i: Interval) -> bool:
    return (i.low, i.high) == (0, 1)
