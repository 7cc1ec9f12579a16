"""Activations replaced by the identity, noise taken out, products made sums, delays forgotten."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from functools import partial

from cellsearch.derive.ablations.authored import Authored
from cellsearch.derive.ablations.candidate import (
    ACTIVATION,
    NOISE,
    TERM,
    Candidate,
    changed,
)
from cellsearch.derive.ablations.places import Spot, at, below, said, together
from cellsearch.derive.gates import is_gate
from cellsearch.ir.expressions import Binary, Call, Expression, Number
from cellsearch.ir.ops import NOISE as NOISES
from cellsearch.ir.ops import NORMS
from cellsearch.ir.rules import Term, factors_of, sum_of

ACTIVATIONS = frozenset(
    ("tanh", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "softsign", "hard_tanh")
)


def activations(a: Authored) -> Iterator[Candidate]:
    """Each activation and each norm gone, then all norms; a state's own sigmoid counts as one."""
    yield from _gone(a, ACTIVATIONS, ACTIVATION)
    yield from (c for name in a.families for c in _states_own(a, name))
    norms = list(_gone(a, NORMS, ACTIVATION))
    yield from norms
    if len(norms) > 1:
        yield _all_gone(a, NORMS, "norms", ACTIVATION)


def noise(a: Authored) -> Iterator[Candidate]:
    """Each dropout and each zoneout gone, then all of them."""
    found = list(_gone(a, NOISES, NOISE))
    yield from found
    if len(found) > 1:
        yield _all_gone(a, NOISES, "noise", NOISE)


def delays(a: Authored) -> Iterator[Candidate]:
    """Each value of an earlier step gone."""
    for name, _, spots in _calls(a, {"delay"}):
        new = [Number(0.0)] * len(spots)
        what = f"{said(spots)} in {name} gone"
        yield changed(f"{name}_no_delay", TERM, what, spots, new)


def combinations(a: Authored) -> Iterator[Candidate]:
    """Products of matrix products as the sums that stand there in other cells."""
    for name, family in a.families.items():
        for spots in together(family, _multiplicative):
            new = [sum_of([Term(1, f) for f in factors_of(s.part)]) for s in spots]
            yield changed(f"{name}_added", TERM, f"sum for product in {name}", spots, new)


def _multiplicative(e: Expression) -> bool:
    factors = list(factors_of(e))
    return len(factors) > 1 and all(isinstance(f, Binary) and f.op == "@" for f in factors)


def _gone(a: Authored, functions: Container[str], kind: str) -> Iterator[Candidate]:
    """Calls replaced by the first of what they read."""
    found = [c for c in _calls(a, functions) if not _makes_a_gate(a, *c)]
    for name, function, spots in found:
        new = [s.part.parts[0] for s in spots]
        several = sum((name, function) == others[:2] for others in found) > 1
        which = f"{function} of {new[0]}" if several else function
        yield changed(f"{name}_no_{function}", kind, f"{which} in {name} gone", spots, new)


def _makes_a_gate(a: Authored, name: str, function: str, spots: Iterable[Spot]) -> bool:
    """Whether these are activations of a gate that stand in no other call, but for noise."""
    around = (at(s.place.line.value, s.path[:n]) for s in spots for n in range(len(s.path)))
    inner = any(isinstance(e, Call) and e.function not in NOISES for e in around)
    return function in ACTIVATIONS and name in a.gates and not inner


def _all_gone(a: Authored, functions: Container[str], word: str, kind: str) -> Candidate:
    """All calls of some functions at once: a line may have several."""
    bare = ((p, _without(p.line.value, functions)) for p in a.places)
    edits = tuple(p.edit(value) for p, value in bare if value != p.line.value)
    return Candidate(f"no_{word}", kind, f"all {word} gone", edits)


def _without(e: Expression, functions: Container[str]) -> Expression:
    if isinstance(e, Call) and e.function in functions:
        return _without(e.items[0], functions)
    return e.with_parts(tuple(_without(part, functions) for part in e.parts))


def _states_own(a: Authored, name: str) -> Iterator[Candidate]:
    spots = [Spot(p, ()) for p in a.families[name] if "'" in name and is_gate(p.line.value)]
    if spots:
        function = spots[0].part
        assert isinstance(function, Call)
        what = f"{function.function} in {name} gone"
        new = [s.part.parts[0] for s in spots]
        yield changed(f"{name}_no_{function.function}", ACTIVATION, what, spots, new)


def _calls(a: Authored, functions: Container[str]) -> Iterator[tuple[str, str, tuple[Spot, ...]]]:
    """The calls of some functions: in which family, of which function, where in each round."""
    for name, family in a.families.items():
        parts = (e for p in family for _, e in below(p.line.value))
        met = dict.fromkeys(e.function for e in parts if isinstance(e, Call))
        for function in (f for f in met if f in functions):
            for spots in together(family, partial(_is_call, function)):
                yield name, function, spots


def _is_call(function: str, e: Expression) -> bool:
    return isinstance(e, Call) and e.function == function
