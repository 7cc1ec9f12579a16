"""What every backend must do. Inherit `BackendContract`, say its name and cells, and run pytest.

A backend is held against the oracle, which is NumPy, one sequence at a time, from the cell's text.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from cellsearch import backends
from cellsearch.backends import Noise, Rows
from cellsearch.ir import Cell
from cellsearch.nn.sized import SizedCell
from cellsearch.testing.cases import (
    Array,
    Case,
    Result,
    Values,
    by_oracle,
    cut,
    disagreement,
    make_case,
)

# Of float64, relative to the largest number.
TOLERANCE = 1e-11


class BackendContract(ABC):
    """A backend agrees with the oracle. `float32_tolerance` is relative."""

    backend: str
    float32_tolerance = 2e-5

    @abstractmethod
    @pytest.fixture
    def cell(self) -> Cell:
        """The cell; parametrize it over many."""

    def test_agrees_from_the_start(self, cell: Cell) -> None:
        case = make_case(cell)
        assert disagreement(by_backend(case, self.backend), by_oracle(case)) < TOLERANCE

    def test_agrees_from_given_states(self, cell: Cell) -> None:
        case = make_case(cell, seed=1, states=True)
        assert disagreement(by_backend(case, self.backend), by_oracle(case)) < TOLERANCE

    def test_agrees_in_float32(self, cell: Cell) -> None:
        case = make_case(cell, seed=2, states=True)
        got = by_backend(case, self.backend, torch.float32)
        assert disagreement(got, by_oracle(case)) < self.float32_tolerance

    def test_carries_its_states_over_a_cut(self, cell: Cell) -> None:
        case = make_case(cell, seed=3, lengths=(6, 6))
        whole = by_backend(case, self.backend)
        first, second = cut(case, 4)
        one = by_backend(first, self.backend)
        two = by_backend(replace(second, states=one.states), self.backend)
        joined = Result(np.concatenate([one.outputs, two.outputs]), two.states)
        assert disagreement(joined, whole) < 1e-13

    def test_every_gradient_agrees_with_a_difference_of_the_oracle(self, cell: Cell) -> None:
        case = make_case(cell, seed=4, lengths=(3,), states=True)
        for leaf, derivative, difference in derivatives(case, self.backend):
            scale = max(abs(difference), 1e-2)
            assert abs(derivative - difference) < 1e-6 * scale, leaf


def by_backend(case: Case, backend: str, dtype: torch.dtype = torch.float64) -> Result:
    """What a backend says, without noise."""
    outputs, states = run(case, backend, tensors(case, dtype))
    return Result(_array(outputs), {n: _array(s) for n, s in states.items()})


@dataclass(frozen=True)
class Tensors:
    """A case's numbers as tensors; states [B, …] of every state."""

    weights: dict[str, Tensor]
    inputs: dict[str, Tensor]
    states: dict[str, Tensor]

    def leaves(self) -> Iterator[tuple[str, Tensor]]:
        """All of them, by a name that says what they are."""
        for kind, values in vars(self).items():
            yield from ((f"{kind} {n}", v) for n, v in values.items())


def tensors(case: Case, dtype: torch.dtype = torch.float64, *, grad: bool = False) -> Tensors:
    """The numbers of a case that has states, or starts at the oracle's own start."""
    states = case.states or _start(case)

    def of(values: Mapping[str, Array]) -> dict[str, Tensor]:
        return {n: torch.tensor(v, dtype=dtype, requires_grad=grad) for n, v in values.items()}

    return Tensors(of(case.weights), of(case.inputs), of(states))


def _start(case: Case) -> Values:
    """Each state before the first step, from the initial law."""
    weights = {n: torch.tensor(w) for n, w in case.weights.items()}
    sized = SizedCell(case.graph, case.sizes, case.space)
    like = torch.zeros((), dtype=torch.float64)
    start = sized.start(weights, len(case.lengths), like)
    return {s.name: _array(v) for s, v in zip(case.graph.states, start, strict=True)}


def run(case: Case, backend: str, values: Tensors) -> tuple[Tensor, dict[str, Tensor]]:
    """Outputs [N, …] and final states of a backend, with their gradients."""
    runner = backends.get(backend).prepare(case.graph, case.sizes, case.space)
    rows = {
        n: torch.cat([x[t, :count] for t, count in enumerate(case.counts)])
        for n, x in values.inputs.items()
    }
    names = [s.name for s in case.graph.states]
    before = tuple(_with_units(values.states[n], case) for n in names)
    outputs, after = runner(values.weights, Rows(rows, case.counts), before, Noise(False))
    return outputs, dict(zip(names, after, strict=True))


def _with_units(state: Tensor, case: Case) -> Tensor:
    """A scalar state as one unit."""
    return state.reshape(-1, 1, *(1 for _ in case.space)) if state.dim() == 1 else state


def _array(a: Tensor) -> Array:
    values: Array = a.detach().double().numpy()
    return values


def derivatives(case: Case, backend: str) -> Iterator[tuple[str, float, float]]:
    """For each weight, input and state: the derivative in a random direction, and a difference.

    What is derived is a random sum of the outputs and all final states.
    """
    rng = np.random.default_rng(5)
    want = by_oracle(case)
    mix = [rng.standard_normal(v.shape) for v in (want.outputs, *want.states.values())]
    values = tensors(case, grad=True)
    outputs, states = run(case, backend, values)
    parts = [outputs, *states.values()]
    total = sum(
        (p * torch.tensor(m).reshape(p.shape)).sum() for p, m in zip(parts, mix, strict=True)
    )
    assert isinstance(total, Tensor)
    total.backward()  # type: ignore[no-untyped-call]
    for leaf, tensor in values.leaves():
        direction = rng.standard_normal(tensor.shape)
        gradient = np.zeros(tensor.shape) if tensor.grad is None else _array(tensor.grad)
        yield leaf, float((gradient * direction).sum()), _difference(case, leaf, direction, mix)


def _difference(case: Case, leaf: str, direction: Array, mix: list[Array]) -> float:
    step = 1e-5
    ends = [_moved(case, leaf, sign * step * direction) for sign in (1, -1)]
    totals = [_total(by_oracle(end), mix) for end in ends]
    return (totals[0] - totals[1]) / (2 * step)


def _total(result: Result, mix: list[Array]) -> float:
    parts = (result.outputs, *result.states.values())
    return float(sum((p * m).sum() for p, m in zip(parts, mix, strict=True)))


def _moved(case: Case, leaf: str, by: Array) -> Case:
    kind, _, name = leaf.partition(" ")
    changes: dict[str, Any] = {kind: {**getattr(case, kind)}}
    changes[kind][name] = changes[kind][name] + by
    return replace(case, **changes)
