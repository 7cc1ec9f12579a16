"""Where the weights of a normal form stand, as far as they stand there linearly."""

from __future__ import annotations

from typing import NamedTuple

from cellsearch.derive.normal.algebra import MATRIX, Algebra, Atom, Monomial, Polynomial, over
from cellsearch.derive.normal.form import NormalForm, below


class Place(NamedTuple):
    """One place of a weight: in a polynomial, beside other factors; a matrix, on a vector."""

    polynomial: Polynomial
    beside: Monomial
    vector: Polynomial


class Places:
    """The places of all weights.

    Attributes:
        linear: of each weight, its places, with the coefficient there.
        bound: weights that also stand where they are not linear, or that a state starts from.
        coefficients: of each polynomial.
    """

    def __init__(self, form: NormalForm) -> None:
        self.al: Algebra = form.algebra
        self.linear: dict[str, dict[Place, float]] = {}
        self.bound = {w for s in form.updates for w in form.laws.of_state(s).reads}
        self.coefficients: dict[Polynomial, dict[Monomial, float]] = {}
        seen: set[int] = set()
        for p in dict.fromkeys([form.output, *form.updates.values()]):
            self._read(p)
            for a in below(self.al, p, seen):
                self._read_atom(self.al.atoms[a])

    def weight_of(self, core: Polynomial) -> str | None:
        """The weight that a matrix is, if it is one and nothing else."""
        atom = self.only(core)
        return str(atom.label[0]) if atom is not None and atom.kind == "weight" else None

    def only(self, p: Polynomial) -> Atom | None:
        """The atom that a polynomial is, if it is one."""
        if len(p) != 1 or len(p[0][0]) != 1 or p[0][0][0][1] != 1:
            return None
        return self.al.atoms[p[0][0][0][0]]

    def _read_atom(self, atom: Atom) -> None:
        for i, p in enumerate(atom.args):
            if atom.kind != "product" or i > 0:
                self._read(p)
            elif self.weight_of(p) is None:
                self._bind(p)

    def _bind(self, p: Polynomial) -> None:
        found = (self.al.atoms[a] for a in below(self.al, p, set()))
        self.bound |= {str(atom.label[0]) for atom in found if atom.kind == "weight"}

    def _read(self, p: Polynomial) -> None:
        if p in self.coefficients:
            return
        self.coefficients[p] = dict(p)
        for m, c in p:
            for a, r in m:
                self._note(p, m, c, (a, r))

    def _note(self, p: Polynomial, m: Monomial, c: float, factor: tuple[int, int]) -> None:
        atom = self.al.atoms[factor[0]]
        if atom.kind == "product":
            name, vector = self.weight_of(atom.args[0]), atom.args[1]
        elif atom.kind == "weight":
            name, vector = str(atom.label[0]), ()
        else:
            return
        if name is None:
            return
        beside = over(m, (factor,))
        as_matrix = atom.kind == "weight" and atom.rank == MATRIX
        if factor[1] != 1 or as_matrix or self._applies(name, beside):
            self.bound.add(name)
        self.linear.setdefault(name, {})[Place(p, beside, vector)] = c

    def _applies(self, name: str, m: Monomial) -> bool:
        """Whether a matrix is applied in a monomial: beside itself it is not linear."""
        atoms = (self.al.atoms[a] for a, _ in m)
        return any(a.kind == "product" and self.weight_of(a.args[0]) == name for a in atoms)
