"""Weights that can change places: swapping them leaves every polynomial of a cell as it is."""

from __future__ import annotations

from functools import cached_property

from cellsearch.derive.normal.algebra import Monomial, Polynomial
from cellsearch.derive.normal.form import NormalForm


class Swaps:
    """Tells which atoms of a form can change places."""

    def __init__(self, form: NormalForm) -> None:
        self._form = form

    def allowed(self, a: int, b: int) -> bool:
        """Whether two atoms of one colour, thus of one law, are two such weights."""
        free = self._is_free(a) and self._is_free(b)
        return free and all(_stays(p, a, b) for p in self._polynomials)

    def _is_free(self, a: int) -> bool:
        atom = self._form.algebra.atoms[a]
        return atom.kind == "weight" and atom.label[0] not in self._in_laws

    @cached_property
    def _in_laws(self) -> set[object]:
        """The weights that an initial law reads, and those whose law reads one."""
        laws = self._form.laws
        found: set[object] = {w for s in self._form.updates for w in laws.of_state(s).reads}
        for w in self._form.graph.weights:
            read = laws.of_weight(w).reads
            found |= {w, *read} if read else set()
        return found

    @cached_property
    def _polynomials(self) -> list[Polynomial]:
        form = self._form
        inner = [p for a in form.live() for p in form.algebra.atoms[a].args]
        return [form.output, *form.updates.values(), *inner]


def _stays(p: Polynomial, a: int, b: int) -> bool:
    """Whether a polynomial is the same with two atoms swapped."""
    terms = {(m, c) for m, c in p if any(x in (a, b) for x, _ in m)}
    return terms == {(_swapped(m, a, b), c) for m, c in terms}


def _swapped(m: Monomial, a: int, b: int) -> Monomial:
    new = {a: b, b: a}
    return tuple(sorted((new.get(x, x), r) for x, r in m))
