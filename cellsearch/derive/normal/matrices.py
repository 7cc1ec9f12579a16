"""Matrices as polynomials, and what they do to vectors.

A matrix of the language is a sum of products, entry by entry, of weights, states, masks, I, and of
vectors spread over its rows (`rows`) or columns (`columns`): `outer(u, v)` is rows(u) * columns(v),
`diag(v) @ M` is rows(v) * M. So `@` has one rule for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from cellsearch.derive.normal.algebra import (
    MATRIX,
    VECTOR,
    Algebra,
    Atom,
    Monomial,
    Polynomial,
    one,
    times,
)

Units = Callable[[], Polynomial]

_SPREAD = ("rows", "columns")


class Parts(NamedTuple):
    """A monomial of a matrix: scalars, the vectors of its rows and of its columns, and the rest."""

    scalars: Monomial
    rows: Monomial
    columns: Monomial
    core: Monomial


class Matrices:
    """The matrix operations of one algebra."""

    def __init__(self, algebra: Algebra) -> None:
        self.al = algebra

    def spread(self, p: Polynomial, over: str) -> Polynomial:
        """A vector as a matrix: the same in each row (`columns`) or in each column (`rows`)."""
        return self._renamed(p, lambda a: self._spread_atom(a, over))

    def identity(self, rows: Polynomial) -> Polynomial:
        """diag of a vector: I with the vector over its rows."""
        return self.al.multiply(
            one(self.al.atom("identity", rank=MATRIX)), self.spread(rows, "rows")
        )

    def transposed(self, p: Polynomial) -> Polynomial:
        """The transpose, term by term."""
        return self._renamed(p, self._transposed_atom)

    def on_vector(self, m: Polynomial, v: Polynomial, units: Units, rank: int) -> Polynomial:
        """A matrix on a vector.

        Args:
            m: the matrix.
            v: the vector.
            units: tells how many units the vector has, as a polynomial.
            rank: of the result.
        """
        return self.al.add(*[(self._monomial_on(k, v, units, rank), c) for k, c in m])

    def on_matrix(self, a: Polynomial, b: Polynomial) -> Polynomial:
        """A product of two matrices, each pair of terms by itself."""
        return self.al.add(
            *((self._pair(m, k), c * e) for m, c in a for k, e in b),
        )

    def total(self, p: Polynomial, units: Polynomial) -> Polynomial:
        """The sum over the units, term by term; scalars stand before it."""
        return self.al.add(*((self._term_total(m, units), c) for m, c in p))

    def _term_total(self, m: Monomial, units: Polynomial) -> Polynomial:
        scalars, rest = self.al.split(m)
        if not rest:
            return self.al.multiply(((scalars, 1.0),), units)
        atom = self.al.atom("sum", args=(((rest, 1.0),),))
        return ((times(scalars, ((atom, 1),)), 1.0),)

    def _monomial_on(self, m: Monomial, v: Polynomial, units: Units, rank: int) -> Polynomial:
        parts = self._parts(m)
        operand = self.al.multiply(v, ((parts.columns, 1.0),))
        outside = ((times(parts.scalars, parts.rows), 1.0),)
        if not parts.core:
            result = self.total(operand, units())
        elif self._is_identity(parts.core):
            result = operand
        else:
            result = self.al.product(parts.core, operand, rank)
        return self.al.multiply(outside, result)

    def _pair(self, m: Monomial, k: Monomial) -> Polynomial:
        left, right = self._parts(m), self._parts(k)
        outside = times(times(left.scalars, right.scalars), self._over(left.rows, "rows"))
        outside = times(outside, self._over(right.columns, "columns"))
        if self._is_identity(left.core):
            return ((times(outside, times(right.core, self._over(right.rows, "rows"))), 1.0),)
        inner = times(left.core, self._over(left.columns, "columns"))
        if self._is_identity(right.core):
            return ((times(outside, times(inner, self._over(right.rows, "columns"))), 1.0),)
        other = times(right.core, self._over(right.rows, "rows"))
        atom = self.al.atom("matrices", args=(((inner, 1.0),), ((other, 1.0),)), rank=MATRIX)
        return ((times(outside, ((atom, 1),)), 1.0),)

    def _is_identity(self, core: Monomial) -> bool:
        return len(core) == 1 and self.al.atoms[core[0][0]].kind == "identity"

    def _parts(self, m: Monomial) -> Parts:
        """A monomial taken apart; over I, what stands over columns stands over rows."""
        if len(m) == 1 and self.al.atoms[m[0][0]].kind == "weight":
            return Parts((), (), (), m)
        rows: list[tuple[int, int]] = []
        columns: list[tuple[int, int]] = []
        scalars: list[tuple[int, int]] = []
        core: list[tuple[int, int]] = []
        has_identity = any(self.al.atoms[a].kind == "identity" for a, _ in m)
        for a, r in m:
            atom = self.al.atoms[a]
            if atom.kind == "rows" or (atom.kind == "columns" and has_identity):
                rows.append((_inner(atom), r))
            elif atom.kind == "columns":
                columns.append((_inner(atom), r))
            elif atom.kind == "identity":
                core.append((a, 1))
            else:
                (core if atom.rank == MATRIX else scalars).append((a, r))
        return Parts(tuple(scalars), _sorted(rows), _sorted(columns), tuple(core))

    def _over(self, vectors: Monomial, over: str) -> Monomial:
        return tuple(sorted((self._spread_atom(a, over), r) for a, r in vectors))

    def _spread_atom(self, a: int, over: str) -> int:
        atom = self.al.atoms[a]
        return self.al.atom(over, args=(one(a),), rank=MATRIX) if atom.rank == VECTOR else a

    def _transposed_atom(self, a: int) -> int:
        atom = self.al.atoms[a]
        if atom.kind in _SPREAD:
            other = _SPREAD[1 - _SPREAD.index(atom.kind)]
            return self.al.atom(other, args=atom.args, rank=MATRIX)
        if atom.kind == "transposed":
            return _inner(atom)
        if atom.rank < MATRIX or atom.kind == "identity":
            return a
        return self.al.atom("transposed", args=(one(a),), rank=MATRIX)

    def _renamed(self, p: Polynomial, change: Callable[[int], int]) -> Polynomial:
        return self.al.add(
            *((((tuple(sorted((change(a), r) for a, r in m)), 1.0),), c) for m, c in p)
        )


def _inner(atom: Atom) -> int:
    """The atom that one of `rows`, `columns` or `transposed` is made of."""
    ((((a, _),), _),) = atom.args[0]
    return a


def _sorted(factors: Iterable[tuple[int, int]]) -> Monomial:
    """Factors with equal atoms gathered."""
    out: Monomial = ()
    for factor in factors:
        out = times(out, (factor,))
    return out
