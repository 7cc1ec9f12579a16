"""A cell as its author wrote it, with what the search for components must know of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from cellsearch.derive.ablations.places import Place, Spot, places
from cellsearch.derive.gates import gates
from cellsearch.ir import Cell, Graph
from cellsearch.ir.expressions import Name
from cellsearch.ir.naming import uses
from cellsearch.ir.unroll import base


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
        return {name: self.families[name] for name in gates(self.cell, self.graph)}

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
            for use in uses(place.line.value):
                yield Use(place, use.path, use.role)
