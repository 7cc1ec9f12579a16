"""No speed without numerics: what is timed agrees with the reference in float64."""

from __future__ import annotations

import torch
from torch import Tensor

from cellsearch.bench.subject import Subject
from cellsearch.errors import TrialError
from cellsearch.nn.language_model import LanguageModel


def check(subject: Subject) -> None:
    """Compare the loss and every gradient of a segment, in evaluation mode.

    Raises:
        TrialError: one of them is off by more than rounding explains, or not finite.
    """
    got = _results(subject, subject.model)
    expected = _results(subject, subject.build("reference", torch.float64))
    # Rounding grows over a segment: half of the digits must agree.
    half = torch.finfo(got["loss"].dtype).eps ** 0.5
    gradients = [g.flatten() for name, g in expected.items() if name != "loss"]
    # A gradient that cancels out is nothing but rounding, so that it is held against all of them.
    least = half * float(torch.linalg.vector_norm(torch.cat(gradients)))
    for name in filter(subject.compares, expected):
        floor = 0.0 if name == "loss" else least
        if fault := _fault(got.get(name), expected[name], floor, allowed=10 * half):
            raise TrialError(f"variant '{subject.trial.variant}' is not timed: its {name} {fault}")


def _results(subject: Subject, model: LanguageModel) -> dict[str, Tensor]:
    model.eval()
    model.zero_grad(set_to_none=True)
    loss = subject.loss(model)
    torch.autograd.backward(loss)
    grads = {f"gradient of {n}": p.grad for n, p in model.named_parameters()}
    return {"loss": loss.detach()} | {n: g for n, g in grads.items() if g is not None}


def _fault(got: Tensor | None, expected: Tensor, least: float, allowed: float) -> str:
    """What is wrong, in words, or nothing; errors are relative, to `least` at the least."""
    if got is None:
        return "is missing"
    if not expected.isfinite().all():
        return "is not finite on random tokens"
    size = max(float(torch.linalg.vector_norm(expected)), least)
    error = float(torch.linalg.vector_norm(got.double() - expected))
    error = error / size if size > 0 else error
    if error <= allowed:
        return ""
    return (
        f"differs from the reference: got a relative error of {error:.1e}, "
        f"expected at most {allowed:.1e}"
    )
