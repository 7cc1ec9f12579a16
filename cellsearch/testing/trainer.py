"""A trainer that only counts: what runs trials can be tested with it in milliseconds, no torch.

Its losses are a pure function of the trial, and it checkpoints and goes on as the real one does.
A variant's name says how it behaves: `crash`, `killed`, `raises`, `diverges`, `full` (the disk),
`unreadable` (a file), `hiccup` (the same, once), `textless`, `prints`, `slow`; by any other name it
ends well.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import time
from collections.abc import Callable
from typing import Any

from cellsearch import places
from cellsearch.config import TrialConfig
from cellsearch.errors import DataError
from cellsearch.places import Place
from cellsearch.record import Curves, Outcome, Progress
from cellsearch.recorded import Wanted
from cellsearch.where import where

_STATE = "counted.json"
State = dict[str, Any]
_BEGIN: State = {"step": 0, "value": ""}


class Stopped(Exception):  # noqa: N818  it is asked for, no error
    """The trainer was asked to stop."""


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
    """Count to `train.tokens` in steps of batch × segment, one step a millisecond or so."""
    per_step = trial.train.batch * trial.train.segment
    state, identity = _load(checkpoint), _identity(trial)
    stop = trial.train.tokens if until is None else min(until, trial.train.tokens)
    if state["step"] * per_step > stop:
        state = _BEGIN
    while (tokens := state["step"] * per_step) < stop:
        if cancelled and cancelled():
            _save(checkpoint, state)
            raise Stopped
        _misbehave(trial, state["step"], checkpoint)
        state = {"step": state["step"] + 1, "value": _next(state["value"], identity)}
        time.sleep(0.02 if trial.variant.startswith("slow") else 0.001)
        _save(checkpoint, state)
        if progress:
            at = tokens + per_step
            progress(Progress(tokens=at, of=trial.train.tokens, loss=None, tokens_per_second=1.0))
    if stop < trial.train.tokens:
        return Outcome(status="pruned", metrics={"valid_loss": _loss(state)}, steps=state["step"])
    if recordings is not None:
        folder, name = places.split(recordings.file)
        folder.write(name, " ".join(recordings.kinds).encode())
    return _outcome(trial, state, weights)


def _next(value: str, identity: str) -> str:
    return hashlib.sha256(f"{value}{identity}".encode()).hexdigest()


def _identity(trial: TrialConfig) -> str:
    """All that a result depends on: the label does not."""
    return trial.model_dump_json(exclude={"variant"})


def _misbehave(trial: TrialConfig, step: int, checkpoint: Place | None) -> None:
    match (trial.variant, step):
        case ("crash", 2):
            os._exit(7)
        case ("killed", 2):
            os.kill(os.getpid(), signal.SIGKILL)
        case ("raises", 2):
            raise ZeroDivisionError("one by nothing")
        case ("full", 2):
            raise OSError(errno.ENOSPC, "no space left on device")
        case ("unreadable", 2):
            raise OSError(errno.EIO, "input/output error")
        case ("textless", 0):
            raise DataError("the text is not here")
        case ("hiccup", 2) if not _hiccuped(checkpoint):
            raise OSError(errno.EIO, "input/output error")
        case ("prints", _):
            print('{"said": "finished"} and other things that were never said')


def _hiccuped(checkpoint: Place | None) -> bool:
    """Whether it has been asked before; beside the checkpoint, for another worker may be next."""
    if checkpoint is None:
        return True
    folder, name = places.split(checkpoint)
    done = f"{name}.hiccup" in folder.names()
    folder.write(f"{name}.hiccup", b"")
    return done


def _outcome(trial: TrialConfig, state: State, weights: Place | None) -> Outcome:
    ran = where(trial.train.threads, trial.backend)
    if trial.variant == "diverges":
        return Outcome(status="diverged", metrics={"test_loss": None}, diverged_at=3, where=ran)
    if weights is not None:
        folder, name = places.split(weights)
        folder.write(name, state["value"].encode())
    loss = _loss(state)
    curves = Curves(
        tokens=(trial.train.tokens,),
        train_loss=(loss,),
        valid_loss=(loss,),
        gradient_norm=(1.0,),
    )
    metrics = {"test_loss": loss, "valid_loss": loss}
    return Outcome(status="done", metrics=metrics, curves=curves, steps=1, where=ran)


def _loss(state: State) -> float:
    return 1.0 + int(state["value"][:8], 16) / 2**32


def _load(place: Place | None) -> State:
    if place is None:
        return _BEGIN
    try:
        state: State = json.loads(places.folder(place).read(_STATE))
    except FileNotFoundError:
        return _BEGIN
    return state


def _save(place: Place | None, state: State) -> None:
    if place is not None:
        places.folder(place).write(_STATE, json.dumps(state).encode())
