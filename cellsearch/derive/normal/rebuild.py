"""A normal form written anew with some of its polynomials changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from cellsearch.derive.normal import functions
from cellsearch.derive.normal.algebra import Algebra, Boxing, Polynomial, number, one, scaled
from cellsearch.derive.normal.form import NormalForm

Change = Callable[[Polynomial], Polynomial]


def rebuilt(form: NormalForm, change: Change) -> NormalForm:
    """The form with each polynomial changed before it is written anew.

    What atoms pull out of their arguments (signs, factors) is pulled out again.
    """
    new = Boxing()
    again = _Again(form.algebra, new, change)
    again.atoms(form.live())
    updates = {s: again(p) for s, p in form.updates.items()}
    return replace(form, algebra=new, output=again(form.output), updates=updates)


class _Again:
    def __init__(self, old: Algebra, new: Boxing, change: Change) -> None:
        self.old, self.new, self.change = old, new, change
        self._polynomials: dict[Polynomial, Polynomial] = {}
        self._atoms: dict[int, Polynomial] = {}

    def atoms(self, live: Iterable[int]) -> None:
        """Write these atoms anew; what one reads comes before it."""
        for a in live:
            self._atoms[a] = self._made(a)

    def __call__(self, p: Polynomial) -> Polynomial:
        if p not in self._polynomials:
            terms = ((self._monomial(m), c) for m, c in self.change(p))
            self._polynomials[p] = self.new.add(*terms)
        return self._polynomials[p]

    def _monomial(self, m: tuple[tuple[int, int], ...]) -> Polynomial:
        out = number(1)
        for a, r in m:
            for _ in range(r):
                out = self.new.multiply(out, self._atoms[a])
        return out

    def _made(self, a: int) -> Polynomial:
        atom = self.old.atoms[a]
        args = tuple(map(self, atom.args))
        if atom.kind == "product":
            ((core, factor),) = args[0]
            return scaled(self.new.product(core, args[1], atom.rank), factor)
        if atom.kind == "inverse":
            return functions.inverse(self.new, args[0])
        if atom.kind == "abs":
            return functions.absolute(self.new, args[0])
        if atom.kind == "value":
            return self.new.boxed(args[0])
        if atom.kind in functions.ODD:
            return functions.odd(self.new, args[0], atom.kind)
        return one(self.new.atom(atom.kind, *atom.label, args=args, rank=atom.rank))
