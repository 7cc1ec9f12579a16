"""The normal form of a cell: its output and its states' new values as polynomials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cellsearch.derive.normal.algebra import Algebra, Polynomial
from cellsearch.derive.normal.laws import Laws
from cellsearch.ir import Graph


@dataclass(frozen=True, eq=False)
class NormalForm:
    """What a cell computes, whatever it was written as.

    Attributes:
        graph: the cell.
        algebra: the atoms.
        output: the polynomial of the output.
        updates: of each state that the output depends on, the polynomial of its new value.
        alias: states that are another state, or 0 (None), at every step.
        laws: what weights and states start as.
    """

    graph: Graph
    algebra: Algebra
    output: Polynomial
    updates: Mapping[str, Polynomial]
    alias: Mapping[str, str | None]
    laws: Laws

    def live(self) -> list[int]:
        """The atoms that the output depends on, each after those that it reads."""
        seen: set[int] = set()
        for p in (self.output, *self.updates.values()):
            below(self.algebra, p, seen)
        return sorted(seen)


def state_of(algebra: Algebra, a: int) -> str | None:
    """The state that an atom is."""
    atom = algebra.atoms[a]
    return str(atom.label[0]) if atom.kind == "state" else None


def below(algebra: Algebra, p: Polynomial, seen: set[int]) -> list[int]:
    """The atoms that a polynomial depends on within the step and that are not seen yet."""
    found: list[int] = []
    stack = [p]
    while stack:
        for m, _ in stack.pop():
            for a, _ in m:
                if a not in seen:
                    seen.add(a)
                    found.append(a)
                    stack += algebra.atoms[a].args
    return found
