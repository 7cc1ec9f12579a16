"""What a finished or diverged training run found: metrics, blocks, warnings."""

from __future__ import annotations

import math

from cellsearch.record import Blocks, Failure, Outcome
from cellsearch.tasks import Evaluation
from cellsearch.train.states import spread
from cellsearch.train.trainer import Trainer

METRICS = (
    "test_loss",
    "valid_loss",
    "valid_loss_zero_state",
    "valid_loss_train_state",
    "train_loss",
)
# A larger gap means that training and evaluation see different states.
GAP = 0.01


def conclude(trainer: Trainer) -> Outcome:
    """Read the held-out texts with the last weights."""
    valid = trainer.valid or trainer.evaluate("valid")
    test = trainer.evaluate("test")
    worst = max(valid.loss, test.loss)
    # Written so that what is not a number is caught.
    if not worst <= trainer.task.uniform_loss or not math.isfinite(test.loss):
        return diverged(trainer, trainer.step, _bad_end(worst, trainer.task.uniform_loss))
    held = spread(trainer.states, trainer.trial.task.evaluation_streams)
    from_training = trainer.evaluate("valid", held).loss
    return Outcome(
        status="done",
        metrics=_metrics(trainer, valid.loss, test.loss, from_training),
        blocks={"valid": _blocks(valid), "test": _blocks(test)},
        curves=trainer.curve.record(),
        steps=trainer.step,
        times=trainer.clock.seconds(),
        warnings=_warnings(valid.loss, from_training),
    )


def paused(trainer: Trainer) -> Outcome:
    """A trial before its end: validation with the present weights, and no test."""
    valid = trainer.valid or trainer.evaluate("valid")
    if not math.isfinite(valid.loss):
        return diverged(trainer, trainer.step, "the validation loss is not finite")
    return Outcome(
        status="pruned",
        metrics={"valid_loss": valid.loss},
        curves=trainer.curve.record(),
        steps=trainer.step,
        times=trainer.clock.seconds(),
    )


def diverged(trainer: Trainer, step: int, why: str) -> Outcome:
    """A trial without metrics: update `step` could not be made, or was the last of a bad end."""
    return Outcome(
        status="diverged",
        metrics=dict.fromkeys(METRICS),
        curves=trainer.curve.record(),
        steps=trainer.step,
        diverged_at=step,
        times=trainer.clock.seconds(),
        error=Failure(kind="diverged", message=why),
    )


def _bad_end(loss: float, uniform: float) -> str:
    return f"it ended worse than guessing: {loss:.3f} nats, where guessing has {uniform:.3f}"


def _metrics(
    trainer: Trainer, valid: float, test: float, from_training: float
) -> dict[str, float | None]:
    # The reading of validation begins at the start, so it is also that from the zero state.
    values = (test, valid, valid, from_training, trainer.curve.train_loss[-1])
    finite = (v if math.isfinite(v) else None for v in values)
    return dict(zip(METRICS, finite, strict=True))


def _blocks(evaluation: Evaluation) -> Blocks:
    loss, tokens = evaluation.blocks()
    return Blocks(loss=loss, tokens=tokens)


def _warnings(from_start: float, from_training: float) -> tuple[str, ...]:
    gap = from_training - from_start
    if abs(gap) <= GAP:
        return ()
    said = (
        f"the validation loss from the last training state is {gap:+.4f} nats away from the loss "
        f"from the start (more than {GAP}): evaluation does not see what training saw"
    )
    return (said,)
