"""States that need not be carried: those that stay 0, and those that always agree with another."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from cellsearch.derive.normal.algebra import Algebra, Atom, Polynomial
from cellsearch.derive.normal.form import NormalForm
from cellsearch.derive.normal.functions import ODD, never_zero
from cellsearch.derive.normal.laws import DEFAULT

# These are 0 where anything that they read is.
_VANISHING = (ODD - {"inverse"}) | {
    *("abs", "sqrt", "sum", "rows", "columns", "transposed", "product", "matrices")
}


# These may be infinite, and 0 times that is not 0.
_ENDLESS = frozenset({"inverse", "log", "far"})


def _endless(algebra: Algebra, atom: Atom) -> bool:
    return atom.kind != "inverse" or not never_zero(algebra, atom.args[0])


def never_left(form: NormalForm) -> dict[str, str | None]:
    """The states that start at 0 and are 0 for ever."""
    zero = {s for s in form.updates if form.laws.of_state(s) == DEFAULT}
    while True:
        vanishes = _Vanishing(form.algebra, zero)
        left = {s for s in zero if not vanishes(form.updates[s])}
        if not left:
            return dict.fromkeys(zero, None)
        zero -= left


class _Vanishing:
    """Tells whether a polynomial is 0 where some states are."""

    def __init__(self, algebra: Algebra, zero: set[str]) -> None:
        self._zero: set[int] = set()
        self._endless = {
            a
            for a, atom in enumerate(algebra.atoms)
            if atom.kind in _ENDLESS and _endless(algebra, atom)
        }
        # What an atom reads was made before it.
        for a, atom in enumerate(algebra.atoms):
            own = atom.kind == "state" and atom.label[0] in zero
            if own or (atom.kind in _VANISHING and any(map(self, atom.args))):
                self._zero.add(a)

    def __call__(self, p: Polynomial) -> bool:
        for m, _ in p:
            atoms = [a for a, _ in m]
            if self._zero.isdisjoint(atoms) or not self._endless.isdisjoint(atoms):
                return False
        return True


def twins(form: NormalForm) -> dict[str, str | None]:
    """For each state that always equals an earlier one, that one.

    The coarsest partition in which equal states start equally and become equal.
    """
    if len(form.updates) < 2:
        return {}
    types = {s.name: s.type for s in form.graph.states}
    classes = _numbered({s: (types[s], form.laws.of_state(s)) for s in form.updates})
    while True:
        told = _Told(form.algebra, classes)
        new = _numbered({s: (classes[s], told(p)) for s, p in form.updates.items()})
        if len(set(new.values())) == len(set(classes.values())):
            break
        classes = new
    first: dict[int, str] = {}
    for s in form.updates:
        first.setdefault(classes[s], s)
    return {s: first[classes[s]] for s in form.updates if first[classes[s]] != s}


def _numbered(contents: Mapping[str, Hashable]) -> dict[str, int]:
    """A number for each different content."""
    numbers: dict[Hashable, int] = {}
    return {s: numbers.setdefault(c, len(numbers)) for s, c in contents.items()}


class _Told:
    """Polynomials as contents in which states stand for their classes."""

    def __init__(self, algebra: Algebra, classes: Mapping[str, int]) -> None:
        numbers: dict[Hashable, int] = {}
        self._atoms: list[int] = []
        # What an atom reads was made before it.
        for atom in algebra.atoms:
            is_state = atom.kind == "state" and atom.label[0] in classes
            label = (classes[str(atom.label[0])],) if is_state else atom.label
            content = (atom.kind, label, atom.rank, tuple(map(self, atom.args)))
            self._atoms.append(numbers.setdefault(content, len(numbers)))

    def __call__(self, p: Polynomial) -> Hashable:
        return tuple(sorted((tuple(sorted((self._atoms[a], r) for a, r in m)), c) for m, c in p))
