"""A cell as its author wrote it, with what the search for components must know of it."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from cellsearch.derive.ablations.places import Place, Spot, places
from cellsearch.derive.ranges import Interval, ranges
from cellsearch.ir import Cell, Graph
from cellsearch.ir.expressions import Binary, Call, Expression, Name, Number
from cellsearch.ir.naming import uses
from cellsearch.ir.unroll import base

GATES = frozenset({"sigmoid", "hard_sigmoid"})


@dataclass(frozen=True)
class Use(Spot):
    """A spot at which a name stands, and the role that it plays there (see `ir/naming.py`)."""

    role: str

    @property
    def name(self) -> Name:
        """The name that stands there."""
        assert isinstance(self.part, Name)
        return self.part


class Authored:
    """A cell's equations by family: all rounds of an indexed equation are one component."""

    def __init__(self, cell: Cell, graph: Graph) -> None:
        self.cell, self.graph = cell, graph
        self.places = tuple(places(cell.lines))
        self.states = {s.name for s in cell.states}
        self.families: dict[str, list[Place]] = {}
        for place in self.places:
            self.families.setdefault(place.family, []).append(place)

    @cached_property
    def gates(self) -> Mapping[str, list[Place]]:
        """The families whose values are gates."""
        found: dict[str, list[Place]] = {}
        for name, family in self.families.items():
            written = all(is_gating(p.line.value, found) for p in family)
            if "'" not in name and (written or name in self._weighing):
                found[name] = family
        return found

    @cached_property
    def _weighing(self) -> set[str]:
        """The names of values from 0 to 1, however they are written, that multiply something."""
        families: dict[str, list[Interval]] = {}
        for name, interval in ranges(self.graph).items():
            families.setdefault(base(name), []).append(interval)
        factors = {use.name.name for use in self._uses() if use.role == "factor"}
        return {n for n in factors & families.keys() if all(map(_is_share, families[n]))}

    @cached_property
    def weights(self) -> Mapping[str, list[Use]]:
        """Where each family of weights is read, in the order of the equations."""
        # A start that is learned is a weight, too, but its name is that of a state.
        known = {base(n) for n in self.graph.weights} - self.states - self.families.keys()
        found: dict[str, list[Use]] = {}
        for use in self._uses():
            if use.name.name in known:
                found.setdefault(use.name.name, []).append(use)
        return found

    def _uses(self) -> Iterator[Use]:
        for place in self.places:
            for use in uses(place.line.value, str(place.line.target)):
                yield Use(place, use.path, use.role)


def _is_share(i: Interval) -> bool:
    return (i.low, i.high) == (0, 1)


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
