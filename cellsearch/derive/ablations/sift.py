"""Which candidates are ablations: each once, none that is the base, none that is constant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cellsearch.derive.ablations.ablation import ABLATION, BASE, Dropped, Equal
from cellsearch.derive.ablations.candidate import PLACEBO, Candidate
from cellsearch.derive.ablations.laws import written_out
from cellsearch.derive.ablations.looked_at import Looked
from cellsearch.derive.ablations.widths import widened
from cellsearch.derive.normal.gauge import MIRROR
from cellsearch.derive.relations import DIFFERENT, Relation
from cellsearch.errors import LanguageError
from cellsearch.ir import Graph, Weight
from cellsearch.ir.expressions import Call, Name, Negative, Number, walk
from cellsearch.ir.ops import DRAWS
from cellsearch.lang.edits import edit_cell

SAME = ("identical", "mirror")


@dataclass(frozen=True)
class Kept:
    """A candidate that is an ablation so far, with what the base is and what others are to it."""

    candidate: Candidate
    looked: Looked
    to_base: Relation
    equals: tuple[Equal, ...]


class Sieve:
    """Takes candidates one by one, and remembers those that are ablations."""

    def __init__(self, base: Looked) -> None:
        self.base = base
        self.kept: list[Kept] = []
        self.placebo: Kept | None = None
        self.dropped: list[Dropped] = []

    def take(self, c: Candidate) -> None:
        """Keep a candidate, or note why it is dropped."""
        c, looked = self._looked(c)
        if isinstance(looked, Looked):
            looked = _useless(looked, self.base) or self._put(c, looked) or looked
        if isinstance(looked, str):
            self.dropped.append(Dropped(c.name, c.kind, c.what, c.edits, looked))

    def seek_placebo(self, found: Iterable[Candidate]) -> None:
        """Of changes that may be mirrors of the base, the first that is one."""
        mirror = self.base.side.written(MIRROR).text
        for c in found:
            c, looked = self._looked(c)
            if isinstance(looked, Looked) and looked.side.written(MIRROR).text == mirror:
                self._put_mirror(c, looked, self.base.relation(looked))
            if self.placebo is not None:
                return

    def _looked(self, c: Candidate) -> tuple[Candidate, Looked | str]:
        """The candidate, with what else the language asks for, and the cell that it gives.

        A text says why it gives none.
        """
        why = ""
        freed = ((*c.edits, *laws) for laws in written_out(self.base.cell))
        for edits in (c.edits, widened(c.edits, self.base.side.graph), *freed):
            try:
                return replace(c, edits=edits), Looked(edit_cell(self.base.cell, edits))
            except LanguageError as refused:
                why = why or f"refused: {refused.message}"
        return c, why

    def _put(self, c: Candidate, looked: Looked) -> str | None:
        """Keep a candidate; if it is the same as the base or as another one, say so."""
        to_base = self.base.relation(looked)
        if to_base.grade == "identical":
            return "the base itself"
        if to_base.grade == "mirror":
            return self._put_mirror(c, looked, to_base)
        equals = [Equal(BASE, BASE, to_base.grade)] if to_base.grade != DIFFERENT else []
        for other in self.kept:
            grade, name = other.looked.relation(looked).grade, other.candidate.name
            if grade in SAME:
                return f"the same cell as {name}" if grade == "identical" else f"a mirror of {name}"
            # Two that are the base but for their starts are each other's, too.
            if grade not in (DIFFERENT, to_base.grade):
                equals.append(Equal(name, ABLATION, grade))
        self.kept.append(Kept(c, looked, to_base, tuple(equals)))
        return None

    def _put_mirror(self, c: Candidate, looked: Looked, to_base: Relation) -> str | None:
        """Keep the first mirror of the base that does not begin exactly as the base does."""
        if to_base.grade != "mirror" or self.placebo is not None:
            return "a mirror of the base, and not the first"
        if not _drawn(self.base.side.graph, to_base):
            return "a mirror of the base in weights that start at a number"
        equals = (Equal(BASE, BASE, "mirror"),)
        self.placebo = Kept(replace(c, kind=PLACEBO), looked, to_base, equals)
        return None


def _useless(looked: Looked, base: Looked) -> str | None:
    if not looked.side.form.output:
        return "the output is always 0"
    if not looked.reads_input:
        return "the output does not depend on the input"
    left = sorted(looked.never_left - base.never_left)
    return f"the state {left[0]} is always 0" if left else None


def _drawn(base: Graph, mirror: Relation) -> bool:
    """Whether a mirror shows noise: from the same draws it starts elsewhere than the base."""
    return any(_is_drawn(base.weights[n]) for n in changed_weights(mirror) if n in base.weights)


def _is_drawn(w: Weight) -> bool:
    if w.start is None:
        return w.type.kind == "matrix"
    words = {e.function if isinstance(e, Call) else str(e) for e in walk(w.start)}
    return bool(words & {*DRAWS, "orthogonal"})


def changed_weights(mirror: Relation) -> tuple[str, ...]:
    """The weights that are another one's, or another one's negative, in a mirror.

    One that is 0 in the map adds nothing, in either of the two.
    """
    return tuple(name for name, e in mirror.map.items() if e not in (Name(name), Number(0.0)))


def negated(mirror: Relation) -> tuple[str, ...]:
    """The weights that a mirror negates; none where it also exchanges some."""
    found = changed_weights(mirror)
    return found if all(mirror.map[n] == Negative(Name(n)) for n in found) else ()
