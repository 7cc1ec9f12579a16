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
        if name not in got:
            raise TrialError(f"variant '{subject.trial.variant}' is not timed: it has no {name}")
        error = _relative_error(got[name], expected[name], 0.0 if name == "loss" else least)
        if not error <= 10 * half:
            raise TrialError(
                f"variant '{subject.trial.variant}' is not timed: its {name} differs from the "
                f"reference: got a relative error of {error:.1e}, expected at most {10 * half:.1e}"
            )


def _results(subject: Subject, model: LanguageModel) -> dict[str, Tensor]:
    model.eval()
    model.zero_grad(set_to_none=True)
    loss = subject.loss(model)
    torch.autograd.backward(loss)
    grads = {f"gradient of {n}": p.grad for n, p in model.named_parameters()}
    return {"loss": loss.detach()} | {n: g for n, g in grads.items() if g is not None}


def _relative_error(got: Tensor, expected: Tensor, least: float) -> float:
    """Relative to what is expected, or to `least` where that is more."""
    size = max(float(torch.linalg.vector_norm(expected)), least)
    error = float(torch.linalg.vector_norm(got.double() - expected))
    return error / size if size > 0 else error
