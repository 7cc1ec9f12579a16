"""The same parts in another order: interpolations flipped, a reset before or after a product."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cellsearch.derive.ablations.authored import Authored
from cellsearch.derive.ablations.candidate import ORDER, PLACEBO, Candidate
from cellsearch.derive.ablations.places import Place, Spot, at, below
from cellsearch.errors import LanguageError
from cellsearch.ir import Cell
from cellsearch.ir.cell import Equation, flat
from cellsearch.ir.expressions import Binary, Expression, Name
from cellsearch.ir.rules import Term, apply_rule, sum_of, terms_of
from cellsearch.lang.rules import read_rule
from cellsearch.lang.tokens import logical_lines

# The name of a value between 0 and 1 takes the place of {z}.
FLIPS = (
    "(1 - {z}) * ?a + {z} * ?b -> {z} * ?a + (1 - {z}) * ?b",
    "?a + {z} * (?b - ?a) -> ?b + {z} * (?a - ?b)",
)
RESETS = (
    ("before", "{z} * (?U @ ?v) -> ?U @ ({z} * ?v)"),
    ("before", "{z} * (?U @ ?v + ?b) -> ?U @ ({z} * ?v) + ?b"),
    ("after", "?U @ ({z} * ?v) -> {z} * (?U @ ?v)"),
)


def flips(a: Authored) -> Iterator[Candidate]:
    """What a gate keeps it takes in, and the other way round."""
    for name, family in a.families.items():
        for gate in _read(a, family):
            for rule in FLIPS:
                what = f"interpolation in {name} flipped"
                yield from _ruled(a, family, gate, rule, f"{name}_flipped", what)


def resets(a: Authored) -> Iterator[Candidate]:
    """A gate that acts before a matrix in place of after it, and the other way round."""
    for name, family in a.families.items():
        for gate in (g for g in _read(a, family) if g in a.gates):
            for where, rule in RESETS:
                what = f"{gate} {where} the product in {name}"
                yield from _ruled(a, family, gate, rule, f"{name}_{gate}_{where}", what)


def signs(a: Authored) -> Iterator[Candidate]:
    """One term of a sum with its other sign: of states first. Some of these are mirrors."""
    for place in sorted(a.places, key=lambda p: "'" not in p.family):
        for spot, new in _signs(place):
            what = f"a term of {place.family} with its other sign"
            yield Candidate(f"{place.family}_sign", PLACEBO, what, (spot.edit(new),))


def _signs(place: Place) -> Iterator[tuple[Spot, Expression]]:
    for path, e in below(place.line.value):
        inside = bool(path) and _is_sum(at(place.line.value, path[:-1]))
        if _is_sum(e) and not inside:
            terms = list(terms_of(e))
            # The first term last: with another one negated, the text stays closer to the author's.
            for n in (*range(1, len(terms)), 0):
                t = terms[n]
                flipped = [*terms[:n], Term(-t.sign, t.e), *terms[n + 1 :]]
                yield Spot(place, path), sum_of(flipped)


def _is_sum(e: Expression) -> bool:
    return isinstance(e, Binary) and e.op in "+-"


def _read(a: Authored, family: Iterable[Place]) -> dict[str, None]:
    """The equations that a family reads in the same step."""
    parts = (e for p in family for _, e in below(p.line.value))
    named = (e.name for e in parts if isinstance(e, Name))
    return dict.fromkeys(n for n in named if n in a.families and "'" not in n)


def _ruled(
    a: Authored, family: list[Place], gate: str, rule: str, name: str, what: str
) -> Iterator[Candidate]:
    """All equations of a family under a rule, where it fits each."""
    edits = []
    for place in family:
        read = [e for _, e in below(place.line.value) if isinstance(e, Name) and e.name == gate]
        new = _rewritten(a.cell, place, rule.format(z=read[0])) if read else None
        if new is None:
            return
        edits.append(place.edit(new))
    yield Candidate(name, ORDER, what, tuple(edits))


def _rewritten(cell: Cell, place: Place, rule: str) -> Expression | None:
    text = f"in {place.line.target}: {rule} everywhere"
    (line,) = logical_lines(text)
    try:
        new, _ = apply_rule(cell, read_rule(line))
    except LanguageError:
        return None
    found = (li for li in flat(new.lines) if isinstance(li, Equation))
    return next(li.value for li in found if li.target == place.line.target)
