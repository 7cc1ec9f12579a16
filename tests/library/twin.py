"""Holds a cell against another library's module for the same cell.

Their weights are made of ours, so all gradients come back under our names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch.func import functional_call
from torchrecurrent.base import DecoupledDoubleStateCellBase, DecoupledSingleStateCellBase

from cellsearch.testing.backends import run, tensors
from cellsearch.testing.cases import make_case, relative

T, B = 5, 3


@dataclass(frozen=True)
class Twin:
    """Another library's cell.

    Attributes:
        make: called with X and H, and the options.
        weights: the names of ours that each of theirs is stacked of. A `-` is a bias that our cell
            has not: 0, as is every bias that is not mentioned.
        states: the names of ours, in their order.
    """

    make: Callable[..., torch.nn.Module]
    weights: Mapping[str, str]
    states: tuple[str, ...] = ("h",)
    options: Mapping[str, Any] = field(default_factory=dict)


def case_of(cell):
    return make_case(cell, lengths=(T,) * B, seed=6, states=True)


def disagreements(twin, case):
    """How far cell and twin are apart, relative: outputs, final states, every gradient."""
    want = results(case, lambda values: by_twin(twin, case, values))
    got = results(case, lambda values: run(case, "reference", values))
    assert got.keys() == want.keys()
    return {what: relative(got[what], want[what]) for what in want}


def results(case, forward):
    """What a forward pass gives, and the gradients of a random sum of all of it."""
    values = tensors(case, grad=True)
    outputs, states = forward(values)
    parts = {"output": outputs, **{f"final {n}": states[n] for n in sorted(states)}}
    rng = np.random.default_rng(7)
    sum((p * torch.tensor(rng.standard_normal(p.shape))).sum() for p in parts.values()).backward()
    found = {what: p.detach().numpy() for what, p in parts.items()}
    for leaf, tensor in values.leaves():
        grad = torch.zeros_like(tensor) if tensor.grad is None else tensor.grad
        found[f"gradient of {leaf}"] = grad.numpy()
    return found


def by_twin(twin, case, values):
    """Outputs, step after step as rows are, and final states by our names."""
    (x,) = values.inputs.values()
    cell = twin.make(x.shape[-1], case.sizes["H"], dtype=torch.float64, **twin.options)
    theirs = their_weights(twin, cell, values.weights, case.sizes["H"])
    states = tuple(values.states[n] for n in twin.states)
    outputs = []
    for t in range(T):
        given = states if len(states) > 1 else states[0]
        y, states = parted(cell, functional_call(cell, theirs, (x[t], given)))
        outputs.append(y)
    return torch.cat(outputs), dict(zip(twin.states, states, strict=True))


def their_weights(twin, cell, ours, hidden):
    """Their weights, of ours; those that are constants of ours keep their options' values."""
    found = {}
    for name, p in [*cell.named_parameters(), *cell.named_buffers()]:
        if name in twin.weights:
            empty = torch.zeros(hidden, dtype=torch.float64)
            parts = [empty if n == "-" else ours[n] for n in twin.weights[name].split()]
            found[name] = torch.cat([torch.atleast_1d(w) for w in parts]).reshape(p.shape)
        elif "bias" in name:
            found[name] = torch.zeros_like(p)
    assert found.keys() >= twin.weights.keys()
    return found


def parted(cell, result):
    """Output and states of what a cell returns; the output is the first state if no other."""
    if isinstance(cell, DecoupledSingleStateCellBase | DecoupledDoubleStateCellBase):
        y, states = result
        return y, states if isinstance(states, tuple) else (states,)
    states = result if isinstance(result, tuple) else (result,)
    return states[0], states


def on_the_same_numbers(cell, case):
    """A case of a cell that has no weights but those of another case."""
    own = case_of(cell)
    weights = {n: case.weights[n] for n in own.weights}
    return replace(own, weights=weights, inputs=case.inputs, states=case.states)
