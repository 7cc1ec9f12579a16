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
    allowed = 10 * torch.finfo(got["loss"].dtype).eps ** 0.5
    for name in filter(subject.compares, expected):
        error = _relative_error(got[name], expected[name])
        if not error <= allowed:
            raise TrialError(
                f"variant '{subject.trial.variant}' is not timed: its {name} differs from the "
                f"reference: got a relative error of {error:.1e}, expected at most {allowed:.1e}"
            )


def _results(subject: Subject, model: LanguageModel) -> dict[str, Tensor]:
    model.eval()
    model.zero_grad(set_to_none=True)
    loss = subject.loss(model)
    torch.autograd.backward(loss)
    grads = {f"gradient of {n}": p.grad for n, p in model.named_parameters()}
    return {"loss": loss.detach()} | {n: g for n, g in grads.items() if g is not None}


def _relative_error(got: Tensor, expected: Tensor) -> float:
    size = torch.linalg.vector_norm(expected)
    error = torch.linalg.vector_norm(got.double() - expected)
    return float(error / size) if size > 0 else float(error)
