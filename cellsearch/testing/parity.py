"""A backend beside the reference: outputs, states, every gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from cellsearch.testing.backends import Tensors, run, tensors
from cellsearch.testing.cases import Case


def largest_difference(
    case: Case, backend: str, dtype: torch.dtype = torch.float64
) -> tuple[float, str]:
    """The largest relative difference from the reference, and of what.

    Relative to the largest number of each output, state or gradient; what is derived is a random
    sum of the outputs and all final states.
    """
    got, want = (_all(case, b, dtype) for b in (backend, "reference"))
    return max((_relative(got[name], want[name]), name) for name in want)


def _all(case: Case, backend: str, dtype: torch.dtype) -> dict[str, Tensor]:
    values: Tensors = tensors(case, dtype, grad=True)
    outputs, states = run(case, backend, values)
    results = {"outputs": outputs, **{f"state {n}": s for n, s in states.items()}}
    generator = torch.Generator().manual_seed(0)
    total = torch.zeros((), dtype=dtype)
    for r in results.values():
        mix = torch.randn(r.shape, generator=generator, dtype=torch.float64).to(dtype)
        total = total + (r * mix).sum()
    total.backward()  # type: ignore[no-untyped-call]
    found = {name: r.detach() for name, r in results.items()}
    for name, leaf in values.leaves():
        grad = torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
        found[f"gradient of {name}"] = grad
    return found


def _relative(got: Tensor, want: Tensor) -> float:
    if not torch.equal(got.isfinite(), want.isfinite()):
        return float("inf")
    finite = want.isfinite()
    scale = float(want[finite].abs().max()) if finite.any() else 0.0
    # A gradient that is 0 may come out as what rounding leaves of numbers of ordinary size.
    error = float((got - want)[finite].abs().max()) if finite.any() else 0.0
    return error / max(scale, 1e-3)
