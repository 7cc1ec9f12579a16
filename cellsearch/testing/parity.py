"""A backend beside the reference: outputs, states, every gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from cellsearch.testing.backends import Tensors, run, tensors
from cellsearch.testing.cases import Case

GRADIENT = "gradient of"
# A gradient whose terms cancel is rounding alone: it is held against this share of the largest.
CANCELLED = 0.1


def largest_difference(
    case: Case, backend: str, dtype: torch.dtype = torch.float64, *, at: Case | None = None
) -> tuple[float, str]:
    """The largest relative difference from the reference in float64, and of what.

    Relative to the largest number of each output, state or gradient, and of a gradient at least to
    a tenth of the largest one; what is derived is a random sum of the outputs and final states.

    Args:
        case: what the reference runs.
        backend: what is held against it.
        dtype: in which the backend runs.
        at: what the backend runs, if that is another one.
    """
    got, want = _all(at or case, backend, dtype), _all(case, "reference", torch.float64)
    least = CANCELLED * max(_largest(v) for n, v in want.items() if n.startswith(GRADIENT))
    return max(
        (_relative(got[n], v, least if n.startswith(GRADIENT) else 0.0), n) for n, v in want.items()
    )


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
        found[f"{GRADIENT} {name}"] = grad
    return found


def _relative(got: Tensor, want: Tensor, least: float) -> float:
    finite = want.isfinite()
    if not torch.equal(got.isfinite(), finite):
        return float("inf")
    error = _largest(got.double().where(finite, 0) - want.where(finite, 0))
    return error / max(_largest(want), least, 1e-30)


def _largest(a: Tensor) -> float:
    finite = a[a.isfinite()]
    return float(finite.abs().max()) if len(finite) else 0.0
