"""What may turn out to be an ablation: a name, a plain phrase, edits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count

from cellsearch.derive.ablations.places import Place, Spot
from cellsearch.ir.expressions import Expression

GATE, COUPLING, ORDER, ACTIVATION = "gate", "coupling", "order", "activation"
TERM, WEIGHT, BIAS, NOISE, START, PLACEBO = "term", "weight", "bias", "noise", "start", "placebo"

# As long as the name of a variant may be, with room for a number.
_LONGEST = 58


@dataclass(frozen=True)
class Candidate:
    """A change of one component that has not been looked at yet.

    Attributes:
        name: a short name for a variant.
        kind: of component.
        what: the change in one plain phrase.
        edits: lines of the language.
    """

    name: str
    kind: str
    what: str
    edits: tuple[str, ...]


def changed(
    name: str, kind: str, what: str, spots: Iterable[Spot], new: Sequence[Expression]
) -> Candidate:
    """A candidate that writes something else at some spots."""
    edits = tuple(s.edit(e) for s, e in zip(spots, new, strict=True))
    return Candidate(name, kind, what, edits)


def held(family: Iterable[Place], value: Expression) -> tuple[str, ...]:
    """The edits that give all equations of a family one value."""
    return tuple(p.edit(value) for p in family)


def joined(name: str, what: str, members: Sequence[Candidate]) -> list[Candidate]:
    """All members at once, where they are several. No two of them edit the same line."""
    if len(members) < 2:
        return []
    edits = tuple(line for m in members for line in m.edits)
    return [Candidate(name, members[0].kind, what, edits)]


def named(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates with names that are legal and differ in more than their case."""
    taken: set[str] = set()
    out: list[Candidate] = []
    for c in candidates:
        first = _legal(c.name)
        names = chain([first], (f"{first}_{n}" for n in count(2)))
        name = next(n for n in names if n.lower() not in taken)
        taken.add(name.lower())
        out.append(replace(c, name=name))
    return out


def _legal(name: str) -> str:
    """Letters, digits, `_`, `-`: Greek letters by their names, primes left out."""
    spelt = "".join(c if c.isascii() else _spelt(c) for c in name)
    return re.sub(r"[^A-Za-z0-9_-]", "", spelt)[:_LONGEST]


def _spelt(letter: str) -> str:
    # Without its mark; a variant such as ϕ is the letter that it is a variant of.
    plain = unicodedata.normalize("NFKD", letter)[0]
    name = unicodedata.name(plain).partition(" WITH ")[0].removesuffix(" SYMBOL").split()[-1]
    return name.capitalize() if plain.isupper() else name.lower()
