"""Colours that tell atoms apart by no name and no sign: an order in which to write a cell down.

Weisfeiler & Leman 1968, on atoms instead of vertices. Each round goes up, from what an atom reads,
and down, to where it stands, level by level; the classes of a level are numbered in the order of
their contents, so that isomorphic cells get equal numbers on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import Any

from cellsearch.derive.normal.algebra import Algebra, Monomial, Polynomial
from cellsearch.derive.normal.form import NormalForm

Content = Any
Terms = list[tuple[float, Monomial]]
_MOST_ROUNDS = 32
# A colour and a power make one number.
_POWERS = 1 << 20


class Colours:
    """The colours of a form's atoms.

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
        self.al, self.size = form.algebra, size
        self.live = form.live()
        self.levels = _levels(self.al, self.live)
        self._states = {
            str(self.al.atoms[a].label[0]): a for a in self.live if self.al.atoms[a].kind == "state"
        }
        self._output = self._terms(form.output)
        # Of each atom, what it reads; of a state, what it becomes.
        self._read = {a: [self._terms(p) for p in self.al.atoms[a].args] for a in self.live}
        self._become = {self._states[s]: self._terms(p) for s, p in form.updates.items()}
        self._of = _numbered({a: label(a) for a in self.live}, 0)
        self._refine()

    def __getitem__(self, atom: int) -> int:
        return self._of[atom]

    def term(self, m: Monomial, c: float) -> Content:
        """A term with its atoms' colours in their place, without signs."""
        return self.size(c), _product(m, self._of)

    def _terms(self, p: Polynomial) -> Terms:
        """The terms of a polynomial as they are told apart."""
        return [(self.size(c), m) for m, c in p]

    def tied(self) -> list[int]:
        """The first atoms, in the order of colours, that have one colour."""
        if len(set(self._of.values())) == len(self.live):
            return []
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
            told = {a: (self._of[a], self._below(a, found)) for a in level}
            found |= _numbered(told, len(found))
        self._of = found

    def _below(self, a: int, found: Mapping[int, int]) -> Content:
        """What an atom reads; a state reads its new value, as it was."""
        if a in self._become:
            return _content(self._become[a], self._of)
        return tuple([_content(terms, found) for terms in self._read[a]])

    def _downward(self) -> None:
        up, found = self._of, dict[int, int]()
        places: dict[int, list[Content]] = {a: [] for a in self.live}
        _stand(places, (-1, 0), self._output, up)
        for a, terms in self._become.items():
            _stand(places, (-2, up[a]), terms, up)
        for level in reversed(self.levels):
            told = {a: (up[a], tuple(sorted(places[a]))) for a in level}
            found |= _numbered(told, len(found))
            for a in level:
                for i, terms in enumerate(self._read[a]):
                    _stand(places, (found[a], i), terms, up)
        self._of = found


def _content(terms: Terms, of: Mapping[int, int]) -> Content:
    if len(terms) == 1:
        ((size, m),) = terms
        return ((size, _product(m, of)),)
    return tuple(sorted([(size, _product(m, of)) for size, m in terms]))


def _stand(
    places: Mapping[int, list[Content]], where: Content, terms: Terms, of: Mapping[int, int]
) -> None:
    """Tell the atoms of a polynomial where they stand, and beside what."""
    for size, m in terms:
        place = (*where, size, _product(m, of))
        for a, r in m:
            places[a].append((*place, r))


def _levels(al: Algebra, live: list[int]) -> list[list[int]]:
    """The atoms by how many others lie below them, one in the other."""
    depth: dict[int, int] = {}
    for a in live:
        depth[a] = 1 + max(
            [depth[b] for p in al.atoms[a].args for m, _ in p for b, _ in m], default=-1
        )
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
    if len(told) == 1:
        return dict.fromkeys(told, first)
    order = {c: i for i, c in enumerate(sorted(set(told.values())), first)}
    return {a: order[c] for a, c in told.items()}
