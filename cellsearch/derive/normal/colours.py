"""Colours that tell atoms apart by no name and no sign: an order in which to write a cell down.

Weisfeiler & Leman 1968, on atoms instead of vertices. Each round goes up, from what an atom reads,
and down, to where it stands, level by level; the classes of a level are numbered in the order of
their contents, so that isomorphic cells get equal numbers on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import Any

from cellsearch.derive.normal.algebra import Algebra, Monomial, Polynomial, atoms_of
from cellsearch.derive.normal.form import NormalForm

Content = Any
_MOST_ROUNDS = 32
# A colour and a power make one number.
_POWERS = 1 << 20


class Colours:
    """The colours of a form's atoms, and of its polynomials.

    Args:
        form: the cell.
        label: what an atom is by itself, without names and signs, as a text.
        size: what tells coefficients apart.
    """

    def __init__(
        self,
        form: NormalForm,
        label: Callable[[int], str],
        size: Callable[[float], float] = abs,
    ) -> None:
        self.al, self.form, self.size = form.algebra, form, size
        self._terms: dict[Polynomial, list[tuple[float, Monomial]]] = {}
        self.live = form.live()
        self.levels = _levels(self.al, self.live)
        self.own = {a: label(a) for a in self.live}
        self.states = {str(self.al.atoms[a].label[0]): a for a in self._states()}
        self._of = _numbered(self.own, 0)
        self._refine()

    def __getitem__(self, atom: int) -> int:
        return self._of[atom]

    def content(self, p: Polynomial) -> Content:
        """A polynomial with its atoms' colours in their place, without signs."""
        return self._content(p, self._of)

    def _states(self) -> list[int]:
        return [a for a in self.live if self.al.atoms[a].kind == "state"]

    def tied(self) -> list[int]:
        """The first atoms, in the order of colours, that have one colour."""
        found: dict[int, list[int]] = {}
        for a in self.live:
            found.setdefault(self._of[a], []).append(a)
        return next((found[c] for c in sorted(found) if len(found[c]) > 1), [])

    def split(self, a: int) -> Colours:
        """The colours that follow when an atom is told from those of its colour."""
        new = copy(self)
        new._of = {**self._of, a: -1}
        new._refine()
        return new

    def _refine(self) -> None:
        classes = 0
        for _ in range(_MOST_ROUNDS):
            self._upward()
            self._downward()
            found = len(set(self._of.values()))
            if found in (classes, len(self.live)):
                return
            classes = found

    def _upward(self) -> None:
        found: dict[int, int] = {}
        for level in self.levels:
            told = {a: self._from_below(a, found) for a in level}
            found |= _numbered(told, len(found))
        self._of = found

    def _from_below(self, a: int, found: Mapping[int, int]) -> Content:
        """What an atom was, and what it reads; a state reads its new value, as it was."""
        atom = self.al.atoms[a]
        if atom.kind == "state":
            return self._of[a], self.content(self.form.updates[str(atom.label[0])])
        return self._of[a], tuple([self._content(p, found) for p in atom.args])

    def _downward(self) -> None:
        up, found = self._of, dict[int, int]()
        places: dict[int, list[Content]] = {a: [] for a in self.live}
        self._stand(places, (-1, 0), self.form.output, up)
        for s, p in self.form.updates.items():
            self._stand(places, (-2, up[self.states[s]]), p, up)
        for level in reversed(self.levels):
            told = {a: (up[a], tuple(sorted(places[a]))) for a in level}
            found |= _numbered(told, len(found))
            for a in level:
                for i, p in enumerate(self.al.atoms[a].args):
                    self._stand(places, (found[a], i), p, up)
        self._of = found

    def _content(self, p: Polynomial, of: Mapping[int, int]) -> Content:
        terms = [(size, _product(m, of)) for size, m in self._terms_of(p)]
        terms.sort()
        return tuple(terms)

    def _terms_of(self, p: Polynomial) -> list[tuple[float, Monomial]]:
        """The terms of a polynomial as they are told apart, which is asked for again and again."""
        if p not in self._terms:
            self._terms[p] = [(self.size(c), m) for m, c in p]
        return self._terms[p]

    def _stand(
        self,
        places: dict[int, list[Content]],
        where: Content,
        p: Polynomial,
        of: Mapping[int, int],
    ) -> None:
        """Tell the atoms of a polynomial where they stand, and beside what."""
        for size, m in self._terms_of(p):
            place = (*where, size, _product(m, of))
            for a, r in m:
                places[a].append((*place, r))


def _levels(al: Algebra, live: list[int]) -> list[list[int]]:
    """The atoms by how many others lie below them, one in the other."""
    depth: dict[int, int] = {}
    for a in live:
        inner = (depth[b] for p in al.atoms[a].args for b in atoms_of(p))
        depth[a] = 1 + max(inner, default=-1)
    levels: list[list[int]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
    for a, d in depth.items():
        levels[d].append(a)
    return levels


def _product(m: Monomial, of: Mapping[int, int]) -> tuple[int, ...]:
    """A monomial with colours in the place of atoms."""
    if len(m) == 1:
        return (of[m[0][0]] * _POWERS + m[0][1],)
    return tuple(sorted([of[a] * _POWERS + r for a, r in m]))


def _numbered(told: Mapping[int, Content], first: int) -> dict[int, int]:
    """Numbers for contents, in the order of the contents."""
    order = {c: i for i, c in enumerate(sorted(set(told.values())), first)}
    return {a: order[c] for a, c in told.items()}
