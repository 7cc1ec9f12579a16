"""Polynomials over atoms: what the normal form of a cell is made of.

An atom is whatever sums and products do not take apart: a weight, a state, tanh of something, a
matrix on a vector. Equal atoms of one algebra have one number, so equal polynomials are equal.
Products are unit by unit; what a vector is beside a scalar follows from the atoms.
"""

from __future__ import annotations

from typing import NamedTuple

# Atoms with their exponents, by the atoms' numbers; monomials with their coefficients.
Monomial = tuple[tuple[int, int], ...]
Polynomial = tuple[tuple[Monomial, float], ...]

ZERO: Polynomial = ()
ONE: Polynomial = (((), 1.0),)
SCALAR, VECTOR, MATRIX = range(3)

# What is left of a sum that cancels is below this part of what was added.
_NOTHING = 1e-12
# Numbers further from 1 stay as they are written, so that no product of them ends at 0 or inf.
_FAR = 1e30


class TooLargeError(Exception):
    """A polynomial has more terms than are worth writing out."""


class Atom(NamedTuple):
    """What a polynomial does not take apart.

    Attributes:
        kind: `weight state input const size noise identity`, a function's name, or what
            `matrices.py` makes.
        label: what else tells it from atoms of its kind; names, sites, other atoms' numbers.
        args: the polynomials that it reads.
        rank: SCALAR, VECTOR or MATRIX.
    """

    kind: str
    label: tuple[object, ...]
    args: tuple[Polynomial, ...]
    rank: int


class Algebra:
    """The atoms of one cell, and arithmetic over them, which may raise a TooLargeError."""

    # A product of more terms is too large, and so is a longer sum.
    MOST, LONGEST = 64, 256

    def __init__(self) -> None:
        self.atoms: list[Atom] = []
        # What each atom of a matrix on a vector applies to what.
        self.products: dict[int, tuple[Monomial, Polynomial]] = {}
        self._numbers: dict[Atom, int] = {}

    def atom(
        self,
        kind: str,
        *label: object,
        args: tuple[Polynomial, ...] = (),
        rank: int = SCALAR,
    ) -> int:
        """The number of an atom, new or as it was made before."""
        atom = Atom(kind, label, args, rank)
        found = self._numbers.get(atom)
        if found is None:
            found = self._numbers[atom] = len(self.atoms)
            self.atoms.append(atom)
        return found

    def number(self, value: float) -> Polynomial:
        """A number; one that is infinite, or very large or small, as an atom."""
        if value == 0 or 1 / _FAR < abs(value) < _FAR:
            return number(value)
        return one(self.atom("far", repr(float(value))))

    def find(self, kind: str, args: tuple[Polynomial, ...], rank: int) -> int | None:
        """The number of an atom, if there is one."""
        return self._numbers.get(Atom(kind, (), args, rank))

    def rank(self, p: Polynomial) -> int:
        """SCALAR, VECTOR or MATRIX: that of its widest atom."""
        return max((self.atoms[a].rank for m, _ in p for a, _ in m), default=SCALAR)

    def add(self, *terms: tuple[Polynomial, float]) -> Polynomial:
        """A sum of polynomials, each with a factor."""
        if len(terms) == 1 and terms[0][1] == 1:
            return self.short(terms[0][0])
        total: dict[Monomial, float] = {}
        for p, factor in terms:
            for m, c in p:
                put(total, m, factor * c)
        return self.short(self._made(total))

    def multiply(self, p: Polynomial, q: Polynomial) -> Polynomial:
        """A product."""
        if p == ONE or q == ONE:
            return p if q == ONE else q
        if len(p) * len(q) > self.MOST:
            p, q = self.limited(p), self.limited(q)
        total: dict[Monomial, float] = {}
        for m, c in p:
            for k, e in q:
                put(total, times(m, k), c * e)
        return self._made(total)

    def limited(self, p: Polynomial) -> Polynomial:
        """A factor of a product that is too large."""
        raise TooLargeError

    def short(self, p: Polynomial) -> Polynomial:
        """A sum, which may be too long."""
        if len(p) > self.LONGEST:
            raise TooLargeError
        return p

    def product(self, core: Monomial, operand: Polynomial, rank: int) -> Polynomial:
        """A matrix on a vector, with the operand's factor before it.

        Args:
            core: the matrix: the atoms that make it.
            operand: the vector.
            rank: of the result.
        """
        if not operand:
            return ZERO
        factor = leading(operand)
        before = self._common_scalars(operand)
        inside = tuple(sorted((over(m, before), rounded(c / factor)) for m, c in operand))
        atom = self.atom("product", args=(((core, 1.0),), inside), rank=rank)
        self.products[atom] = (core, inside)
        return ((times(before, ((atom, 1),)), factor),)

    def _common_scalars(self, p: Polynomial) -> Monomial:
        """The scalars that every term of a polynomial has."""
        common = dict(self.split(p[0][0])[0])
        for m, _ in p[1:]:
            powers = dict(m)
            common = {a: min(r, powers[a]) for a, r in common.items() if a in powers}
        return tuple(common.items())

    def split(self, m: Monomial) -> tuple[Monomial, Monomial]:
        """The scalars of a monomial, and the rest."""
        scalars = tuple(x for x in m if self.atoms[x[0]].rank == SCALAR)
        return scalars, tuple(x for x in m if self.atoms[x[0]].rank != SCALAR)

    def _made(self, total: dict[Monomial, float]) -> Polynomial:
        return made(self._gathered(total) if self.products else total)

    def _gathered(self, total: dict[Monomial, float]) -> dict[Monomial, float]:
        """`M @ a + s * M @ b` as `M @ (a + s * b)`, where scalars alone differ before them."""
        by_core: dict[Monomial, list[tuple[Monomial, int]]] = {}
        for m in total:
            found = [a for a, _ in m if a in self.products]
            if len(found) == 1 and (found[0], 1) in m:
                by_core.setdefault(self.products[found[0]][0], []).append((m, found[0]))
        for core, terms in by_core.items():
            if len(terms) > 1:
                self._gather_core(total, core, terms)
        return total

    def _gather_core(
        self, total: dict[Monomial, float], core: Monomial, terms: list[tuple[Monomial, int]]
    ) -> None:
        groups: dict[Monomial, list[Monomial]] = {}
        for m, a in terms:
            groups.setdefault(self.split(over(m, ((a, 1),)))[1], []).append(m)
        for rest, together in groups.items():
            if len(together) > 1:
                self._gather(total, rest, core, together)

    def _gather(
        self, total: dict[Monomial, float], rest: Monomial, core: Monomial, terms: list[Monomial]
    ) -> None:
        parts: list[tuple[Polynomial, float]] = []
        for m in terms:
            atom = next(a for a, _ in m if a in self.products)
            scalars = over(over(m, ((atom, 1),)), rest)
            operand = tuple((times(scalars, k), c) for k, c in self.products[atom][1])
            parts.append((operand, total.pop(m)))
        for m, c in self.product(core, self.add(*parts), self.atoms[atom].rank):
            put(total, times(rest, m), c)


class Boxing(Algebra):
    """An algebra in which what is too large becomes an atom."""

    def limited(self, p: Polynomial) -> Polynomial:
        return self.boxed(p) if len(p) > 1 else p

    def short(self, p: Polynomial) -> Polynomial:
        return self.boxed(p) if len(p) > self.LONGEST else p

    def boxed(self, p: Polynomial) -> Polynomial:
        """A polynomial as one atom, with its factor before it."""
        factor = leading(p)
        inside = scaled(p, 1 / factor)
        return scaled(one(self.atom("value", args=(inside,), rank=self.rank(p))), factor)

    def has_boxed(self, p: Polynomial) -> bool:
        """Whether a polynomial, or a multiple of it, is an atom already."""
        if len(p) < 2:
            return False
        return self.find("value", (scaled(p, 1 / leading(p)),), self.rank(p)) is not None


def made(total: dict[Monomial, float]) -> Polynomial:
    """A polynomial of these coefficients, rounded so that equal ones are equal."""
    return tuple(sorted([(m, rounded(c)) for m, c in total.items() if c]))


def put(total: dict[Monomial, float], m: Monomial, c: float) -> None:
    """One more term of a sum; where it cancels, nothing is left for rounding to tell."""
    known = total.get(m)
    if known is None:
        total[m] = c
    else:
        both = known + c
        total[m] = both if abs(both) > _NOTHING * abs(c) else 0.0


def rounded(c: float) -> float:
    """Twelve digits: what two ways of computing one coefficient agree in."""
    # A sixteenth has few digits.
    return c if (c * 16).is_integer() else float(f"{c:.12g}")


def times(m: Monomial, k: Monomial) -> Monomial:
    """The product of two monomials."""
    if not m or not k:
        return m or k
    exponents = dict(m)
    for a, r in k:
        exponents[a] = exponents.get(a, 0) + r
    return tuple(sorted(exponents.items()))


def over(m: Monomial, k: Monomial) -> Monomial:
    """A monomial without the factors of another, all of which it has."""
    if not k:
        return m
    exponents = dict(m)
    for a, r in k:
        exponents[a] -= r
    return tuple((a, r) for a, r in exponents.items() if r)


def number(value: float) -> Polynomial:
    """A number."""
    return (((), rounded(float(value))),) if value else ZERO


def one(atom: int) -> Polynomial:
    """An atom."""
    return ((((atom, 1),), 1.0),)


def scaled(p: Polynomial, factor: float) -> Polynomial:
    """A polynomial times a number."""
    return p if factor == 1 else tuple((m, rounded(c * factor)) for m, c in p)


def constant(p: Polynomial) -> float | None:
    """The number that a polynomial is, if it is one."""
    if not p:
        return 0.0
    return p[0][1] if len(p) == 1 and not p[0][0] else None


def leading(p: Polynomial) -> float:
    """The largest coefficient, with the sign of the first: what a linear map can pull out."""
    size = max(abs(c) for _, c in p)
    return size if p[0][1] > 0 else -size
