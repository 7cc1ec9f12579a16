"""Weights that another weight can swallow: two biases for one, a number beside a bias.

A weight of which every place is linear can take the place of what stands beside it at each of these
places in one ratio: `b + 2 * c + 1` is a bias, `U @ h + V @ h + p * h` a matrix. The functions stay
the same, for such a weight can be anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cellsearch.derive.normal.algebra import VECTOR, Monomial, Polynomial, over, times
from cellsearch.derive.normal.form import NormalForm
from cellsearch.derive.normal.nodes import rank
from cellsearch.derive.normal.places import Place, Places
from cellsearch.derive.normal.rebuild import rebuilt
from cellsearch.ir.graph import WHOLE, Weight
from cellsearch.ir.types import Type

PLAIN, TRANSPOSED, DIAGONAL = "plain", "transposed", "diagonal"


@dataclass(frozen=True)
class Part:
    """What a weight swallows: a number times weights, or a matrix.

    Attributes:
        ratio: the number.
        weights: the names of the weights whose product it is; none: the number alone.
        shape: PLAIN; TRANSPOSED; DIAGONAL where a matrix swallows a vector or a number.
    """

    ratio: float
    weights: tuple[str, ...]
    shape: str = PLAIN


@dataclass(frozen=True)
class Merge:
    """`keep` takes the place of itself plus the parts."""

    keep: str
    parts: tuple[Part, ...]


Terms = frozenset[tuple[Polynomial, Monomial]]


def merged(form: NormalForm) -> tuple[NormalForm, tuple[Merge, ...]]:
    """The form in which no weight can swallow any more, and what was done, in order."""
    done: list[Merge] = []
    while True:
        found = _next_merge(form)
        if found is None:
            return form, tuple(done)
        merge, gone = found
        form = _without(form, gone)
        done.append(merge)


def _without(form: NormalForm, gone: Terms) -> NormalForm:
    return rebuilt(form, lambda p: tuple(t for t in p if (p, t[0]) not in gone))


def _next_merge(form: NormalForm) -> tuple[Merge, Terms] | None:
    places, weights = Places(form), form.graph.weights
    free = [weights[w] for w in places.linear if w not in places.bound]
    for weight in sorted(free, key=_strength, reverse=True):
        found = list(_swallowed(places, weight, weights))
        if found:
            gone = frozenset(term for _, terms in found for term in terms)
            return Merge(weight.name, tuple(part for part, _ in found)), gone
    return None


def _strength(w: Weight) -> tuple[int, bool]:
    """What can swallow more comes first."""
    return len(w.type.sizes), w.form == WHOLE


def _swallowed(
    places: Places, weight: Weight, weights: dict[str, Weight]
) -> Iterator[tuple[Part, list[tuple[Polynomial, Monomial]]]]:
    """What stands beside a weight wherever it stands, in one ratio, and where."""
    stands = places.linear[weight.name]
    for what in _beside(places, weight, weights):
        terms = [(at.polynomial, what.at(at)) for at in stands]
        ratios = {
            round(places.coefficients[p].get(m, 0.0) / c, 11) if m is not None else 0.0
            for (p, m), c in zip(terms, stands.values(), strict=True)
        }
        if len(ratios) == 1 and (ratio := ratios.pop()):
            yield (
                Part(ratio, what.weights, what.shape),
                [(p, m) for p, m in terms if m is not None],
            )


class _Factor:
    """A product of weights in the weight's place."""

    shape = PLAIN

    def __init__(self, weights: tuple[str, ...], factors: Monomial) -> None:
        self.weights, self._factors = weights, factors

    def at(self, place: Place) -> Monomial | None:
        return times(place.beside, self._factors)


class _Diagonal(_Factor):
    """A product of weights that scales the vector to which the matrix is applied."""

    shape = DIAGONAL

    def at(self, place: Place) -> Monomial | None:
        if len(place.vector) != 1:
            return None
        return times(times(place.beside, self._factors), place.vector[0][0])


class _Matrix:
    """Another matrix on the same vector."""

    def __init__(self, places: Places, name: str, shape: str, core: Polynomial, rank: int) -> None:
        self.weights, self.shape = (name,), shape
        self._places, self._core, self._rank = places, core, rank

    def at(self, place: Place) -> Monomial | None:
        a = self._places.al.find("product", (self._core, place.vector), self._rank)
        return None if a is None else times(place.beside, ((a, 1),))


def _beside(
    places: Places, weight: Weight, weights: dict[str, Weight]
) -> Iterator[_Factor | _Matrix]:
    """What stands beside a weight in the first of its places and could be swallowed."""
    first = next(iter(places.linear[weight.name]))
    for m in places.coefficients[first.polynomial]:
        rest = _divided(m, first.beside)
        if rest is None:
            continue
        if not first.vector:
            yield from _factors(places, weight, rest)
        else:
            yield from _matrices(places, weight, weights, first.vector, rest)


def _factors(places: Places, weight: Weight, rest: Monomial) -> Iterator[_Factor]:
    names = _names(places, rest, rank(weight.type))
    if names is not None and weight.name not in names:
        yield _Factor(names, rest)


def _matrices(
    places: Places,
    weight: Weight,
    weights: dict[str, Weight],
    vector: Polynomial,
    rest: Monomial,
) -> Iterator[_Factor | _Matrix]:
    atom = places.only(((rest, 1.0),))
    if atom is not None and atom.kind == "product" and atom.args[1] == vector:
        shape, name = _matrix_name(places, atom.args[0])
        if name not in (None, weight.name) and _fits(weight, weights[str(name)], shape):
            yield _Matrix(places, str(name), shape, atom.args[0], rank(_column(weight)))
    elif len(vector) == 1 and _is_square(weight):
        scale = _divided(rest, vector[0][0])
        names = None if scale is None else _names(places, scale, VECTOR)
        if scale is not None and names is not None:
            yield _Diagonal(names, scale)


def _matrix_name(places: Places, core: Polynomial) -> tuple[str, str | None]:
    atom = places.only(core)
    if atom is not None and atom.kind == "transposed":
        return TRANSPOSED, places.weight_of(atom.args[0])
    return PLAIN, places.weight_of(core)


def _fits(weight: Weight, other: Weight, shape: str) -> bool:
    """Whether a matrix of one form can be any of another."""
    if shape == PLAIN and weight.form == other.form:
        return True
    return weight.form == WHOLE and not other.form.side


def _is_square(w: Weight) -> bool:
    return w.form == WHOLE and w.type.sizes[0] == w.type.sizes[1]


def _column(w: Weight) -> Type:
    return Type(w.type.sizes[:1])


def _names(places: Places, m: Monomial, widest: int) -> tuple[str, ...] | None:
    """The weights whose product a monomial is; None where it is something else, or too wide."""
    atoms = [(places.al.atoms[a], r) for a, r in m]
    if any(a.kind != "weight" or a.rank > widest for a, _ in atoms):
        return None
    return tuple(str(a.label[0]) for a, r in atoms for _ in range(r))


def _divided(m: Monomial, by: Monomial) -> Monomial | None:
    """A monomial without the factors of another; None if it has not all of them."""
    powers = dict(m)
    if any(powers.get(a, 0) < r for a, r in by):
        return None
    return over(m, by)
