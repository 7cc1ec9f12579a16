"""What a finished or diverged training run found: metrics, blocks, warnings."""

from __future__ import annotations

import math

from cellsearch.record import METRICS, Blocks, Failure, Outcome
from cellsearch.tasks import Evaluation, Split
from cellsearch.train.states import spread
from cellsearch.train.trainer import Trainer

# A larger gap means that training and evaluation see different states.
GAP = 0.01


def conclude(trainer: Trainer) -> Outcome:
    """Read the held-out texts with the last weights; the test only where the trial may see it."""
    splits: tuple[Split, ...] = ("valid", "test") if trainer.trial.test else ("valid",)
    valid = trainer.valid or trainer.evaluate("valid")
    read = {s: valid if s == "valid" else trainer.evaluate(s) for s in splits}
    losses = [evaluation.loss for evaluation in read.values()]
    worst = max(losses)
    # Written so that what is not a number is caught.
    if not all(loss <= trainer.task.uniform_loss for loss in losses):
        return diverged(trainer, trainer.step, _bad_end(worst, trainer.task.uniform_loss))
    held = spread(trainer.states, trainer.trial.task.evaluation_streams)
    from_training = trainer.evaluate("valid", held).loss
    return Outcome(
        status="done",
        metrics=_metrics(trainer, {name: e.loss for name, e in read.items()}, from_training),
        blocks={name: _blocks(evaluation) for name, evaluation in read.items()},
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
    trainer: Trainer, losses: dict[Split, float], from_training: float
) -> dict[str, float | None]:
    # The reading of validation begins at the start, so it is also that from the zero state.
    values = {
        "test_loss": losses.get("test"),
        "valid_loss": losses["valid"],
        "valid_loss_zero_state": losses["valid"],
        "valid_loss_train_state": from_training,
        "train_loss": trainer.curve.train_loss[-1],
    }
    return {k: v if v is not None and math.isfinite(v) else None for k, v in values.items()}


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
