"""The normal form of a cell: its output and its states' new values as polynomials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cellsearch.derive.normal.algebra import Algebra, Polynomial, atoms_of
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
        roots = [self.output, *self.updates.values()]
        return sorted(a for p in roots for a in below(self.algebra, p, seen))


def state_of(algebra: Algebra, a: int) -> str | None:
    """The state that an atom is."""
    atom = algebra.atoms[a]
    return str(atom.label[0]) if atom.kind == "state" else None


def below(algebra: Algebra, p: Polynomial, seen: set[int]) -> Iterator[int]:
    """The atoms that a polynomial depends on within the step, each once."""
    stack = [p]
    while stack:
        for a in atoms_of(stack.pop()):
            if a not in seen:
                seen.add(a)
                yield a
                stack += algebra.atoms[a].args
