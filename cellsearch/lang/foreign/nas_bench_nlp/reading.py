"""A recipe -> a cell, an equation for each node."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cellsearch.errors import LanguageError
from cellsearch.ir import Cell
from cellsearch.ir.ops import RESERVED
from cellsearch.lang.cells import parse_cell
from cellsearch.lang.foreign.names import legal, shown
from cellsearch.lang.foreign.nas_bench_nlp.recipe import (
    ACTIVATIONS,
    INPUT,
    LINEAR,
    OUTPUT,
    PRODUCT,
    SUM,
    Recipe,
    Step,
    ordered,
    previous,
)

_SOURCE = "From NAS-Bench-NLP (Klyuchnikov et al. 2020)."
# The letters of the matrices by which a node reads what is not the input, from the first on.
_LETTERS = "UVRSPQ"


def cell_of(recipe: Recipe, name: str) -> Cell:
    """The cell of a recipe; nodes that never change the output are left out.

    NAS-Bench-NLP leaves out what no h_new_i needs; a state that only feeds itself is kept there and
    left out here.

    Raises:
        LanguageError: a circle; or the output depends on no state, which is no recurrent cell.
    """
    order = ordered(recipe)
    live = _live(recipe)
    states = sorted(i for i in map(previous, live) if i is not None)
    if not states:
        raise LanguageError(f"'{OUTPUT}' depends on no h_prev_i, expected one that it depends on")
    nodes = [n for n in order if n in live]
    names = _Names(recipe, nodes, states)
    text = [
        *_comments([n for n in order if n not in live]),
        f"cell {name}({INPUT}; {', '.join(map(_state, states))})",
        *(f"    {line}" for line in _lines(recipe, nodes, names, 0 in states)),
    ]
    return parse_cell("\n".join(text))


def _live(recipe: Recipe) -> set[str]:
    """What the output needs at this step or a later one: nodes, x and h_prev_i."""
    live: set[str] = set()
    todo = [OUTPUT]
    while todo:
        name = todo.pop()
        if name not in live:
            live.add(name)
            i = previous(name)
            todo += recipe[name].inputs if name in recipe else []
            todo += [f"h_new_{i}"] if i is not None else []
    return live


def _comments(dead: list[str]) -> Iterator[str]:
    yield f"# {_SOURCE}"
    if dead:
        yield f"# Left out, for the output does not need them: {', '.join(map(shown, dead))}."


def _lines(recipe: Recipe, nodes: list[str], names: _Names, output_is_state: bool) -> Iterator[str]:
    for n in nodes:
        yield f"{names.of[n]} = {names.value(n, recipe[n])}"
    if not output_is_state:
        yield f"output {names.of[OUTPUT]}"
    # All but linear nodes take x as wide as a state.
    if any(INPUT in recipe[n].inputs for n in nodes if recipe[n].op != LINEAR):
        yield "needs X = H"


def _state(i: int) -> str:
    return "h" if i == 0 else f"h{i}"


class _Names:
    """What nodes, states and matrices are called in the cell."""

    def __init__(self, recipe: Recipe, nodes: list[str], states: Collection[int]) -> None:
        self.of = {INPUT: INPUT, **{f"h_prev_{i}": _state(i) for i in states}}
        self.taken = set(self.of.values())
        self.stems: dict[str, str] = {}
        carried = {f"h_new_{i}": _state(i) for i in states}
        for n in sorted(nodes, key=lambda n: n not in carried):
            bias = "b" if recipe[n].op == LINEAR else ""
            stem = carried[n] if n in carried else self._free(legal(n), bias)
            self.of[n] = f"{stem}'" if n in carried else stem
            self.stems[n] = stem
            self.taken |= {stem, f"{bias}{stem}"}

    def _free(self, name: str, bias: str) -> str:
        """The name with as many _ as it needs to be no other's, and its bias's neither."""
        while {name, f"{bias}{name}"} & (self.taken | RESERVED):
            name += "_"
        return name

    def value(self, n: str, step: Step) -> str:
        """What the equation of a node says."""
        read = [self.of[i] for i in step.inputs]
        if step.op == LINEAR:
            return self._linear(self.stems[n], step)
        if step.op in (SUM, PRODUCT):
            return (" + " if step.op == SUM else " * ").join(read)
        if step.op in ACTIVATIONS:
            return f"{ACTIVATIONS[step.op]}({read[0]})"
        gate, new, old = read
        return f"{gate} * {new} + (1 - {gate}) * {old}"

    def _linear(self, stem: str, step: Step) -> str:
        """A matrix for each input and one bias."""
        letters = iter([*_LETTERS, *(f"U{i}" for i in range(len(_LETTERS), len(step.inputs)))])
        terms = []
        for i, name in enumerate(step.inputs):
            first = name == INPUT and INPUT not in step.inputs[:i]
            matrix = self._free(f"{'W' if first else next(letters)}{stem}", "")
            self.taken.add(matrix)
            terms.append(f"{matrix} @ {self.of[name]}")
        return " + ".join([*terms, f"b{stem}"])
