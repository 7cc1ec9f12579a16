"""A cell whose sameness with others is asked for: elaborated, with its normal form."""

from __future__ import annotations

from collections import Counter
from functools import cached_property

from cellsearch.derive.normal.form import NormalForm, below, state_of
from cellsearch.derive.relations import DIFFERENT, Relation, relate
from cellsearch.derive.relations.fitting import USUAL, at
from cellsearch.derive.relations.side import GRADES, Side
from cellsearch.ir import Cell, elaborate
from cellsearch.ir.widths import NeedsSizesError

# What these count is the same however weights are merged or scaled.
_COUNTED = frozenset({"tanh", "abs", "exp", "log", "sqrt", "sin", "cos", "layernorm", "rmsnorm"})


class Looked:
    """A cell and what it turns out to be.

    Raises:
        LanguageError: it is no valid cell.
    """

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        try:
            graph = elaborate(cell)
        except NeedsSizesError:
            # The number of its rounds depends on them.
            graph = at(cell, USUAL[-1])
        self.side = Side(cell, graph)

    def relation(self, to: Looked) -> Relation:
        """What another cell is to this one, with its weights by those of this one. Proved."""
        weakest = GRADES[-1]
        alike = self.outline == to.outline
        if alike and self.side.written(weakest).text == to.side.written(weakest).text:
            return relate(self.cell, to.cell)
        return Relation(DIFFERENT, {})

    @cached_property
    def outline(self) -> object:
        """What two cells have in common that are the same in any grade, found at little cost."""
        form = self.side.form
        kinds = Counter(form.algebra.atoms[a].kind for a in self.atoms)
        functions = {k: n for k, n in kinds.items() if k in _COUNTED}
        return len(form.graph.inputs), len(form.updates), functions

    @cached_property
    def atoms(self) -> frozenset[int]:
        """All atoms that the output depends on, through states too."""
        return frozenset(self.side.form.live())

    @property
    def reads_input(self) -> bool:
        """Whether the output depends on an input."""
        return any(self.side.form.algebra.atoms[a].kind == "input" for a in self.atoms)

    @property
    def never_left(self) -> set[str]:
        """The states that start at 0 and are 0 for ever."""
        return {name for name, other in self.side.form.alias.items() if other is None}

    @property
    def recurrent(self) -> bool:
        """Whether a state that the output depends on depends on itself."""
        read = _states_read(self.side.form)
        return any(name in _reached(read, name) for name in read)


def _states_read(form: NormalForm) -> dict[str, set[str]]:
    """The states that the new value of each state reads."""
    found: dict[str, set[str]] = {}
    for name, p in form.updates.items():
        states = (state_of(form.algebra, a) for a in below(form.algebra, p, set()))
        found[name] = {s for s in states if s is not None}
    return found


def _reached(read: dict[str, set[str]], first: str) -> set[str]:
    met: set[str] = set()
    waiting = list(read[first])
    while waiting:
        name = waiting.pop()
        if name not in met:
            met.add(name)
            waiting += read[name]
    return met
