"""What kind of recurrence each group of states is: what could run in parallel over time.

From the normal form, so that `s + z * (u - s)` is seen to be affine in s; masks are factors, and
what a delay remembers is a state. A scan computes T steps in log T rounds (Blelloch 1990; Martin
and Cundy 2018).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cellsearch.derive.normal.algebra import Monomial, Polynomial
from cellsearch.derive.normal.form import NormalForm, below, state_of
from cellsearch.derive.normal.read import normal_form
from cellsearch.ir import Graph
from cellsearch.ir.graph import topological

# Does not read itself.
SHIFT = "shift"
# Affine in the group's states, unit by unit, with coefficients that do not wait for the group. Of
# several states each unit has a block of coefficients.
SCAN, BLOCKS = "scan", "scan with blocks"
# m' = max(a, m + b), which is affine where max is the sum and + is the product.
TROPICAL = "(max, +) scan"
# Affine, but a matrix that does not wait for the group, or a sum over units, mixes the units.
AFFINE = "affine, not elementwise"
# Not affine; each unit waits for itself alone, or for others too.
ELEMENTWISE, LOOP = "elementwise loop", "loop"

_FREE, _UNITWISE, _MIXED, _OTHER = range(4)
# Atoms that are linear in each of their arguments, and mix units.
_LINEAR = frozenset({"product", "sum", "rows", "columns", "transposed", "matrices"})
_MIXING = _LINEAR | {"layernorm", "rmsnorm"}


@dataclass(frozen=True)
class StateGroup:
    """States that need each other.

    Attributes:
        states: their names.
        kind: SHIFT, SCAN, BLOCKS, TROPICAL, AFFINE, ELEMENTWISE or LOOP.
        products: matrix products that read the group and that it waits for, at each step.
    """

    states: tuple[str, ...]
    kind: str
    products: int

    @property
    def told(self) -> str:
        """The kind in words."""
        if self.kind == BLOCKS:
            return f"scan with a {len(self.states)} x {len(self.states)} block for each unit"
        if self.kind not in (AFFINE, LOOP):
            return self.kind
        return f"{self.kind}, {self.products} product{'s' * (self.products != 1)} a step"


def scan_classes(graph: Graph) -> tuple[StateGroup, ...]:
    """The groups of a cell's states, each after those that it reads.

    A state that always is 0 or another one, or of which nothing is left, is in none.
    """
    form = normal_form(graph)
    names = [s.name for s in graph.states if s.name in form.updates]
    reads = {s: set(_states(form, form.updates[s])) for s in names}
    reached = _closure(reads)
    groups = {tuple(t for t in names if t == s or _both(reached, s, t)) for s in names}
    order = sorted(groups, key=lambda g: (len(reached[g[0]] | {*g}), names.index(g[0])))
    return tuple(_classified(form, group, reached) for group in order)


def _states(form: NormalForm, p: Polynomial) -> Iterator[str]:
    """The states that a polynomial reads."""
    for a in below(form.algebra, p, set()):
        name = state_of(form.algebra, a)
        if name is not None:
            yield name


def _closure(reads: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """What each state reads, also through other states."""
    reached = {s: set(r) for s, r in reads.items()}
    for through in reached:
        for s in reached:
            if through in reached[s]:
                reached[s] |= reached[through]
    return reached


def _both(reached: Mapping[str, set[str]], s: str, t: str) -> bool:
    return t in reached[s] and s in reached[t]


def _classified(
    form: NormalForm, states: tuple[str, ...], reached: Mapping[str, set[str]]
) -> StateGroup:
    if states[0] not in reached[states[0]]:
        return StateGroup(states, SHIFT, 0)
    kind = _Group(form, states).kind()
    # Elsewhere, what the graph has of them cancels.
    return StateGroup(states, kind, _products(form, states) if kind in (AFFINE, LOOP) else 0)


class _Group:
    def __init__(self, form: NormalForm, states: tuple[str, ...]) -> None:
        self.al, self.states = form.algebra, states
        self.updates = [form.updates[s] for s in states]
        self._touched: dict[int, bool] = {}

    def kind(self) -> str:
        degree = max(map(self._degree, self.updates))
        if degree == _UNITWISE:
            return SCAN if len(self.states) == 1 else BLOCKS
        if degree == _MIXED:
            return AFFINE
        if self._is_tropical():
            return TROPICAL
        return LOOP if self._mixes() else ELEMENTWISE

    def _touches(self, a: int) -> bool:
        """Whether an atom waits for the group."""
        if a not in self._touched:
            atom = self.al.atoms[a]
            own = atom.kind == "state" and atom.label[0] in self.states
            self._touched[a] = own or any(map(self._reads, atom.args))
        return self._touched[a]

    def _reads(self, p: Polynomial) -> bool:
        return any(self._touches(a) for m, _ in p for a, _ in m)

    def _degree(self, p: Polynomial) -> int:
        return max((self._degree_of(m) for m, _ in p), default=_FREE)

    def _degree_of(self, m: Monomial) -> int:
        waiting = [(a, r) for a, r in m if self._touches(a)]
        if not waiting:
            return _FREE
        return self._atom(waiting[0][0]) if [r for _, r in waiting] == [1] else _OTHER

    def _atom(self, a: int) -> int:
        """The degree of an atom that waits for the group."""
        atom = self.al.atoms[a]
        degrees = [d for d in map(self._degree, atom.args) if d != _FREE]
        if atom.kind == "state":
            return _UNITWISE
        if atom.kind == "value":
            return degrees[0]
        linear = atom.kind in _LINEAR and len(degrees) == 1
        return max(_MIXED, degrees[0]) if linear else _OTHER

    def _is_tropical(self) -> bool:
        """Whether it is (m + a + |m - a|) / 2: the larger of m and a, or with minus the smaller."""
        terms = dict(self._waiting(self.updates[0]))
        own = next(filter(self._own, terms), None)
        if len(self.states) > 1 or len(terms) != 2 or own is None or terms.pop(own) != 0.5:
            return False
        ((bent, factor),) = terms.items()
        atom = self.al.atoms[bent[0][0]]
        inner = self._waiting(atom.args[0]) if atom.kind == "abs" and _is_atom(bent) else ()
        return [m for m, _ in inner] == [own] and math.isclose(abs(factor * inner[0][1]), 0.5)

    def _waiting(self, p: Polynomial) -> Polynomial:
        """The terms that wait for the group."""
        return tuple((m, c) for m, c in p if any(self._touches(a) for a, _ in m))

    def _own(self, m: Monomial) -> bool:
        return _is_atom(m) and self.al.atoms[m[0][0]].kind == "state"

    def _mixes(self) -> bool:
        atoms = (a for p in self.updates for a in below(self.al, p, set()))
        return any(self._touches(a) and self.al.atoms[a].kind in _MIXING for a in atoms)


def _is_atom(m: Monomial) -> bool:
    return len(m) == 1 and m[0][1] == 1


def _products(form: NormalForm, states: tuple[str, ...]) -> int:
    """Counted in the graph, where `(U + I) @ h` is one product."""
    own = {s.name for s in form.graph.states if _first(form, s.name) in states}
    waiting: set[int] = set()
    found = 0
    for n in topological([s.next for s in form.graph.states if s.name in states]):
        if (n.op == "state" and n.attrs[0] in own) or any(id(a) in waiting for a in n.args):
            waiting.add(id(n))
            found += n.op == "matmul"
    return found


def _first(form: NormalForm, state: str) -> str | None:
    """The state that stands for those that always agree; None for one that is 0."""
    first = form.alias.get(state, state)
    return first if first in (None, state) else _first(form, str(first))
