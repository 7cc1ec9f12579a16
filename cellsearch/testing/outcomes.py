"""Outcomes of trials that were never trained: metrics, blocks and curves around a given loss."""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

from cellsearch.record import Blocks, Curves, Failure, Outcome, Where
from cellsearch.testing.draws import Drawn
from cellsearch.testing.simulation import Simulation

POINTS = 10
WHERE = Where(
    versions={"python": "3.11.7", "torch": "2.13.0", "cellsearch": "0.1.0"},
    git_commit="0123456789abcdef0123456789abcdef01234567",
    host="simulated",
    device="cpu",
    threads=1,
    backend="reference",
)


def outcome(simulation: Simulation, k: int, seed: int, drawn: Drawn) -> Outcome:
    """How the trial of arm `k` with this seed ended."""
    arm, loss = simulation.arms[k], float(drawn.losses[k, seed])
    if seed in arm.failed:
        why = Failure(kind="crash", message="the worker ended with signal 11")
        return Outcome(status="failed", error=why, where=WHERE)
    rng = np.random.default_rng((simulation.key, seed, *arm.name.encode()))
    if drawn.diverged[k, seed]:
        return _diverged(rng, loss)
    return Outcome(
        status="done",
        metrics=_metrics(loss),
        blocks={"test": _blocks(drawn.blocks[k, seed])},
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


def _blocks(losses: NDArray[np.float64]) -> Blocks:
    return Blocks(loss=tuple(losses.tolist()), tokens=(1_300,) * len(losses))
