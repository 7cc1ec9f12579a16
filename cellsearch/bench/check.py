"""No speed without numerics: what is timed agrees with the reference in float64."""

from __future__ import annotations

import torch
from torch import Tensor

from cellsearch.bench.subject import SENTENCE, Subject
from cellsearch.errors import TrialError
from cellsearch.nn.language_model import LanguageModel

_STEPS = "scores, token by token,"


def check(subject: Subject) -> None:
    """Compare the loss and every gradient of a segment, in evaluation mode.

    And the scores of its first tokens when they are read one after the other, as in generation,
    with those of the reference, which reads them at once.

    Raises:
        TrialError: one of them is off by more than rounding explains, or not finite.
    """
    reference = subject.build("reference", torch.float64)
    got, expected = _results(subject, subject.model), _results(subject, reference)
    # Rounding grows over a segment: half of the digits must agree.
    half = torch.finfo(got["loss"].dtype).eps ** 0.5
    gradients = [g.flatten() for name, g in expected.items() if name.startswith("gradient")]
    # A gradient that cancels out is nothing but rounding, so that it is held against all of them.
    least = half * float(torch.linalg.vector_norm(torch.cat(gradients)))
    got[_STEPS], expected[_STEPS] = _by_steps(subject, subject.model), _at_once(subject, reference)
    for name in filter(subject.compares, expected):
        floor = least if name.startswith("gradient") else 0.0
        if fault := _fault(got.get(name), expected[name], floor, allowed=10 * half):
            raise TrialError(f"variant '{subject.trial.variant}' is not timed: its {name} {fault}")


@torch.no_grad()
def _by_steps(subject: Subject, model: LanguageModel) -> Tensor:
    """Scores [T, 1, V] of one stream, with the state carried from token to token."""
    states, scores = None, []
    for token in subject.inputs[:SENTENCE, :1]:
        step, states = model(token[None], states)
        scores.append(step)
    return torch.cat(scores)


@torch.no_grad()
def _at_once(subject: Subject, model: LanguageModel) -> Tensor:
    scores: Tensor = model(subject.inputs[:SENTENCE, :1])[0]
    return scores


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
