"""Gates held open or shut, and gates coupled."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from cellsearch.derive.ablations.authored import Authored
from cellsearch.derive.ablations.candidate import COUPLING, GATE, Candidate, changed, held
from cellsearch.derive.ablations.places import Spot, below, said, together
from cellsearch.derive.gates import is_gate, is_gating
from cellsearch.ir.expressions import Binary, Expression, Name, Number
from cellsearch.ir.rules import factors_of, terms_of

HELD = (1, 0)


def gates(a: Authored) -> Iterator[Candidate]:
    """Each gate at 1 and at 0, then those that stand within other equations."""
    for name, family in a.gates.items():
        for v in HELD:
            edits = held(family, Number(float(v)))
            yield Candidate(f"{name}_{v}", GATE, f"gate {name} held at {v}", edits)
    for name, family in a.families.items():
        for spots in together(family, is_gate):
            # A whole equation is held above; that of a state is no gate.
            inner = [s for s in spots if s.path and not (name in a.gates and _is_whole(s))]
            for v in HELD if inner else ():
                what = f"gate {said(inner)} in {name} held at {v}"
                new = [Number(float(v))] * len(inner)
                yield changed(f"{name}_gate_{v}", GATE, what, inner, new)


def _is_whole(s: Spot) -> bool:
    """Whether a gate and its complement are all that its equation has."""
    return len(s.path) == 1 and is_gating(s.place.line.value)


def couplings(a: Authored) -> Iterator[Candidate]:
    """One gate as 1 minus another, where the two weigh different terms of one sum."""
    pairs = {p: None for place in a.places for p in _pairs(a, place.line.value)}
    for one, other in pairs:
        edits = tuple(
            place.edit(Binary("-", Number(1.0), Name(other, place.line.target.index)))
            for place in a.gates[one]
        )
        what = f"gates coupled: {one} = 1 - {other}"
        yield Candidate(f"{one}_1-{other}", COUPLING, what, edits)


def _pairs(a: Authored, value: Expression) -> Iterator[tuple[str, str]]:
    for _, e in below(value):
        if isinstance(e, Binary) and e.op in "+-":
            weighing = [_weighing(a, t.e) for t in terms_of(e)]
            met = dict.fromkeys(name for names in weighing for name in names)
            yield from (p for p in permutations(met, 2) if _apart(*p, weighing))


def _weighing(a: Authored, term: Expression) -> dict[str, None]:
    """The gates by which the rest of a term is multiplied."""
    factors = list(factors_of(term))
    found = [f.name for f in factors if isinstance(f, Name) and f.name in a.gates]
    return dict.fromkeys(found if len(factors) > len(found) else ())


def _apart(one: str, other: str, weighing: list[dict[str, None]]) -> bool:
    """Whether two gates stand in two terms, one in each."""
    only = [(one in names) - (other in names) for names in weighing]
    return 1 in only and -1 in only
