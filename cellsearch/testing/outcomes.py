"""Outcomes of trials that were never trained: metrics, blocks and curves around a given loss."""

from __future__ import annotations

from math import log

import numpy as np

from cellsearch.record import Blocks, Curves, Failure, Outcome, Where
from cellsearch.testing.simulation import Arm

POINTS = 10
BLOCKS = 100
WHERE = Where(
    versions={"python": "3.11.7", "torch": "2.13.0", "cellsearch": "0.1.0"},
    git_commit="0123456789abcdef0123456789abcdef01234567",
    host="simulated",
    device="cpu",
    threads=1,
    backend="reference",
)


def outcome(arm: Arm, seed: int, loss: float, key: int) -> Outcome:
    """How the trial of `arm` with this seed and test loss (nats per token) ended."""
    if seed in arm.failed:
        why = Failure(kind="crash", message="the worker ended with signal 11")
        return Outcome(status="failed", error=why, where=WHERE)
    rng = np.random.default_rng((key, seed, *arm.name.encode()))
    if seed in arm.diverged:
        return _diverged(rng, loss)
    return Outcome(
        status="done",
        metrics=_metrics(loss),
        blocks={"test": _blocks(rng, loss)},
        curves=_curves(rng, loss),
        steps=488,
        times={"train": 21.0, "evaluate": 2.0, "total": 23.0},
        where=WHERE,
    )


def _diverged(rng: np.random.Generator, loss: float) -> Outcome:
    whole = _curves(rng, loss)
    valid = (*whole.valid_loss[:4], *[None] * (POINTS - 4))
    return Outcome(
        status="diverged",
        metrics=dict.fromkeys(_metrics(0.0)),
        curves=whole.model_copy(update={"valid_loss": valid}),
        steps=210,
        diverged_at=210,
        times={"train": 9.0, "evaluate": 1.0, "total": 10.0},
        error=Failure(kind="diverged", message="the loss was no longer finite"),
        where=WHERE,
    )


def _metrics(loss: float) -> dict[str, float | None]:
    return {
        "test_loss": loss,
        "valid_loss": loss - 0.01,
        "valid_loss_zero_state": loss - 0.008,
        "valid_loss_train_state": loss - 0.01,
        "train_loss": loss - 0.1,
    }


def _curves(rng: np.random.Generator, loss: float) -> Curves:
    tokens = np.linspace(1, 10, POINTS) * 100_000
    fall = (log(96) - loss) * np.exp(-tokens / 180_000)
    wobble = rng.normal(0, 0.01, POINTS)
    return Curves(
        tokens=tuple(int(t) for t in tokens),
        train_loss=tuple((loss + fall - 0.1 + wobble).tolist()),
        valid_loss=tuple((loss + fall + wobble / 2).tolist()),
        gradient_norm=tuple((0.5 + np.abs(wobble)).tolist()),
    )


def _blocks(rng: np.random.Generator, loss: float) -> Blocks:
    noise = rng.normal(0, 0.08, BLOCKS)
    return Blocks(loss=tuple((loss + noise - noise.mean()).tolist()), tokens=(1_300,) * BLOCKS)
