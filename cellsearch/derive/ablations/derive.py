"""From a cell to its ablations."""

from __future__ import annotations

from dataclasses import dataclass

from cellsearch.derive.ablations.ablation import Ablation, Dropped
from cellsearch.derive.ablations.authored import Authored
from cellsearch.derive.ablations.candidate import PLACEBO, named
from cellsearch.derive.ablations.candidates import candidates
from cellsearch.derive.ablations.known import known_as
from cellsearch.derive.ablations.looked_at import Looked
from cellsearch.derive.ablations.orders import flips, signs
from cellsearch.derive.ablations.sift import Kept, Sieve, negated
from cellsearch.ir import Cell


@dataclass(frozen=True)
class Derived:
    """What was found, and what was not kept."""

    ablations: tuple[Ablation, ...]
    dropped: tuple[Dropped, ...]


def ablations(cell: Cell) -> tuple[Ablation, ...]:
    """Every change of a single component of a cell, each once; the placebo last.

    Raises:
        LanguageError: the cell is none.
    """
    return derived(cell).ablations


def derived(cell: Cell, *, library: bool = True) -> Derived:
    """The ablations of a cell, and the candidates that are none.

    Args:
        cell: the base.
        library: whether to say which cells of the library an ablation is; takes a second or two.
    """
    base = Looked(cell)
    authored = Authored(cell, base.side.graph)
    sieve = Sieve(base)
    for c in named(candidates(authored)):
        sieve.take(c)
    if sieve.placebo is None:
        sieve.seek_placebo(named(signs(authored)))
    kept = [*sieve.kept, *([sieve.placebo] if sieve.placebo else [])]
    found = tuple(_ablation(k, base, library) for k in kept)
    return Derived(found, tuple(sieve.dropped))


def placebo(cell: Cell) -> Ablation | None:
    """The mirror of a cell, where one is found.

    Raises:
        LanguageError: the cell is none.
    """
    base = Looked(cell)
    authored = Authored(cell, base.side.graph)
    sieve = Sieve(base)
    sieve.seek_placebo(named([*flips(authored), *signs(authored)]))
    return _ablation(sieve.placebo, base, library=False) if sieve.placebo else None


def _ablation(kept: Kept, base: Looked, library: bool) -> Ablation:
    c, looked = kept.candidate, kept.looked
    known = known_as(looked, base) if library and c.kind != PLACEBO else ()
    return Ablation(
        name=c.name,
        kind=c.kind,
        what=c.what,
        edits=c.edits,
        cell=looked.cell,
        equals=(*kept.equals, *known),
        recurrent=looked.recurrent,
        negate=negated(kept.to_base) if c.kind == PLACEBO else (),
    )
