"""`train`: a trial's config in, its outcome out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import torch
from safetensors.torch import save as tensors_to_bytes

from cellsearch import backends, places
from cellsearch.config import Kind, TrialConfig
from cellsearch.errors import CellsearchError, DataError, LanguageError
from cellsearch.places import Place
from cellsearch.record import Failure, Outcome, Progress
from cellsearch.recorded import Wanted
from cellsearch.train import checkpoint as checkpoints
from cellsearch.train.conclude import conclude, diverged, paused
from cellsearch.train.errors import Diverged
from cellsearch.train.trainer import Trainer
from cellsearch.train.watch import Watch
from cellsearch.where import where


def train(
    trial: TrialConfig,
    *,
    checkpoint: Place | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    weights: Place | None = None,
    until: int | None = None,
    recordings: Wanted | None = None,
) -> Outcome:
    """Train one trial to its end. The metrics are a pure function of `trial`, bit for bit.

    Args:
        trial: all that the result depends on.
        checkpoint: a place for the trial's checkpoints. Training goes on from the one in it, if
            it is whole and this very trial's; whoever records the outcome removes the place.
        progress: called about every half second.
        cancelled: asked between two updates; once it says yes, training saves and stops.
        weights: a file for the final weights (safetensors); written if the trial is done.
        recordings: what is to be recorded inside the cells, and the file for it; written if the
            trial is done or diverged. They change nothing else.
        until: pause after so many training tokens, saved, with validation read.

    Returns:
        The outcome: `done`, `diverged`, or `failed` where a user's mistake or the memory's end
        stopped it; `pruned` where it paused, which is what it is if it is never gone on with.
        What is wrong with the program itself is raised.

    Raises:
        Cancelled: it was asked to stop.
        DataError: the text is not here, or another one is, which is no fault of the trial.
        OSError: a checkpoint or the weights cannot be read or written.
    """
    with _modes(trial.train.threads):
        try:
            outcome = _run(trial, checkpoint, progress, cancelled, weights, until, recordings)
        except DataError:
            raise
        except (CellsearchError, MemoryError, RuntimeError) as error:
            outcome = Outcome(status="failed", error=_failure(error))
    return outcome.model_copy(update={"where": where(trial.train.threads, _backend(trial))})


def _run(
    trial: TrialConfig,
    place: Place | None,
    progress: Callable[[Progress], None] | None,
    cancelled: Callable[[], bool] | None,
    weights: Place | None,
    until: int | None,
    recordings: Wanted | None,
) -> Outcome:
    trainer = _trainer(trial, place, until, recordings.kinds if recordings else ())
    stop = trainer.steps if until is None else trainer.steps_for(until)
    watch = Watch(trainer, place, progress, cancelled)
    try:
        while trainer.step < stop:
            watch.look()
            trainer.advance()
    except Diverged as end:
        return _recorded(diverged(trainer, end.step, str(end)), trainer, recordings)
    if stop < trainer.steps:
        watch.save()
        return paused(trainer)
    outcome = conclude(trainer)
    if weights is not None and outcome.status == "done":
        _write_weights(trainer, weights)
    return _recorded(outcome, trainer, recordings)


def _trainer(
    trial: TrialConfig, place: Place | None, until: int | None, record: Sequence[Kind]
) -> Trainer:
    trainer = Trainer(trial, record)
    snapshot = None if place is None else checkpoints.load(place, trial)
    # A moment beyond the pause cannot say what stood there.
    if snapshot is not None and (until is None or snapshot.step <= trainer.steps_for(until)):
        trainer.restore(snapshot)
    return trainer


def _write_weights(trainer: Trainer, file: Place) -> None:
    held = {k: v.contiguous() for k, v in trainer.model.state_dict().items()}
    _write(file, tensors_to_bytes(held))


def _recorded(outcome: Outcome, trainer: Trainer, wanted: Wanted | None) -> Outcome:
    """The outcome, with the time of recordings, which are written now, or why there are none."""
    if wanted is None or trainer.recorder is None:
        return outcome
    content = trainer.recordings(whole=outcome.status == "done")
    if content is not None:
        _write(wanted.file, content)
    problems = (trainer.recorder.problem,) if trainer.recorder.problem else ()
    update = {"times": trainer.clock.seconds(), "warnings": (*outcome.warnings, *problems)}
    return outcome.model_copy(update=update)


def _write(file: Place, content: bytes) -> None:
    folder, name = places.split(file)
    folder.write(name, content)


@contextmanager
def _modes(threads: int) -> Iterator[None]:
    """The trial's own threads, gradients and precision, whatever mode the caller is in."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.inference_mode(False), torch.enable_grad(), torch.autocast("cpu", enabled=False):
            yield
    finally:
        torch.set_num_threads(before)


def _backend(trial: TrialConfig) -> str:
    # What `auto` means here; a name that is none has failed already, and is kept.
    try:
        return backends.resolve(trial.backend)
    except CellsearchError:
        return trial.backend


def _failure(error: Exception) -> Failure:
    kind = _kind(error)
    if kind is None:
        raise error
    return Failure(kind=kind, message=str(error) or type(error).__name__)


def _kind(error: Exception) -> Literal["oom", "language", "other"] | None:
    match error:
        case LanguageError():
            return "language"
        case CellsearchError():
            return "other"
        case MemoryError() | torch.OutOfMemoryError():
            return "oom"
    # torch's allocators raise a plain RuntimeError, too.
    said = str(error)
    return "oom" if "can't allocate memory" in said or "out of memory" in said else None
