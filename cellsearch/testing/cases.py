"""Cells with numbers to run them on, and what the oracle says about them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cellsearch.errors import LanguageError
from cellsearch.ir import Cell, Graph, elaborate
from cellsearch.ir.evaluate import evaluate
from cellsearch.ir.widths import NeedsSizesError

Array = NDArray[np.float64]
Values = dict[str, Array]

# Odd, so that no size hides another; the even one is for cells whose heads share the units.
HIDDEN = (7, 6)
WIDTH = 5
SPACE = (3, 4)


@dataclass(frozen=True)
class Case:
    """A cell with numbers to run it on.

    Attributes:
        cell: as written.
        graph: the same, elaborated.
        sizes: H, X and the widths of further inputs.
        lengths: of the sequences, the longest first.
        weights: in their stored shapes.
        inputs: [T, B, …]; what stands beyond a sequence's length is never read.
        states: [B, …] each, before the first step; none for the cell's start.
    """

    cell: Cell
    graph: Graph
    sizes: dict[str, int]
    lengths: tuple[int, ...]
    weights: Values
    inputs: Values
    states: Values

    @property
    def space(self) -> tuple[int, ...]:
        """Height and width of the units, for a cell with filters."""
        return _space(self.graph)

    @cached_property
    def counts(self) -> list[int]:
        """Sequences still running at each step."""
        return [sum(t < n for n in self.lengths) for t in range(self.lengths[0])]


@dataclass(frozen=True)
class Result:
    """Outputs [N, …], step after step as rows are, and final states [B, …] by name."""

    outputs: Array
    states: Values


def make_case(
    cell: Cell,
    *,
    lengths: tuple[int, ...] = (5, 4, 2),
    seed: int = 0,
    states: bool = False,
) -> Case:
    """A case of random numbers; `states`: with random ones before the first step."""
    rng = np.random.default_rng(seed)
    graph, sizes = _fitting(cell)
    plane = _space(graph)
    steps, batch = lengths[0], len(lengths)
    weights = {n: 0.5 * rng.standard_normal(w.shape(sizes)) for n, w in graph.weights.items()}
    widths = {n: t.sizes[0].at(sizes) for n, t in graph.inputs.items()}
    inputs = {n: rng.standard_normal((steps, batch, x, *plane)) for n, x in widths.items()}
    given: Values = {}
    for s in graph.states if states else ():
        shape = tuple(n.at(sizes) for n in s.type.sizes)
        # Away from 0: a state may stand under a fraction.
        given[s.name] = rng.uniform(0.5, 1.5, (batch, *shape, *(plane if len(shape) == 1 else ())))
    return Case(cell, graph, sizes, lengths, weights, inputs, given)


def _fitting(cell: Cell) -> tuple[Graph, dict[str, int]]:
    """The graph and sizes that the cell can have, odd ones first."""
    for hidden in HIDDEN:
        for width in (WIDTH, hidden):
            try:
                graph = _elaborated(cell, hidden, width)
                sizes = graph.sizes(_widths(graph, width, hidden), hidden)
                for w in graph.weights.values():
                    w.shape(sizes)
            except LanguageError:
                continue
            return graph, sizes
    raise AssertionError(f"no sizes fit {cell.name}")


def _widths(graph: Graph, width: int, hidden: int) -> dict[str, int]:
    """Further inputs are narrower than the first, unless their cell says how wide they are."""
    fixed = graph.input_widths(width, hidden)
    free = {n for n, t in graph.inputs.items() if str(t) == f"X.{n}"}
    return {n: w - 2 if n in free else w for n, w in fixed.items()}


def _elaborated(cell: Cell, hidden: int, width: int) -> Graph:
    """The graph for all sizes, where there is one."""
    try:
        return elaborate(cell)
    except NeedsSizesError:
        return elaborate(cell, {"H": hidden, "X": width})


def _space(graph: Graph) -> tuple[int, ...]:
    return SPACE if any(n.op == "conv" for n in graph.nodes) else ()


def by_oracle(case: Case) -> Result:
    """What the oracle says, each sequence by itself."""
    runs = [_sequence(case, b, n) for b, n in enumerate(case.lengths)]
    rows = [runs[b][0][t] for t, count in enumerate(case.counts) for b in range(count)]
    names = [s.name for s in case.graph.states]
    return Result(np.stack(rows), {n: np.stack([states[n] for _, states in runs]) for n in names})


def _sequence(case: Case, b: int, length: int) -> tuple[Array, Values]:
    inputs = {n: x[:length, b] for n, x in case.inputs.items()}
    states = {n: s[b] for n, s in case.states.items()}
    return evaluate(case.cell, case.weights, inputs, case.sizes["H"], states)


def disagreement(got: Result, want: Result) -> float:
    """The largest difference of outputs and states, relative to the largest number of each."""
    pairs = [(got.outputs, want.outputs)]
    pairs += [(got.states[n], want.states[n]) for n in want.states]
    return max(relative(a, b) for a, b in pairs)


def relative(got: Array, want: Array) -> float:
    """The largest difference, relative to the largest number; inf where one alone is finite."""
    got = got.reshape(want.shape)
    finite = np.isfinite(want)
    if not np.array_equal(np.where(finite, 0, want), np.where(np.isfinite(got), 0, got)):
        return float("inf")
    scale = np.abs(want[finite]).max(initial=0) or 1.0
    return float(np.abs(got[finite] - want[finite]).max(initial=0) / scale)


def cut(case: Case, at: int) -> tuple[Case, Case]:
    """A case of sequences of one length, cut in two; the second has no states yet."""
    first = {n: x[:at] for n, x in case.inputs.items()}
    second = {n: x[at:] for n, x in case.inputs.items()}
    lengths = tuple(at for _ in case.lengths), tuple(n - at for n in case.lengths)
    return (
        replace(case, inputs=first, lengths=lengths[0]),
        replace(case, inputs=second, lengths=lengths[1]),
    )
