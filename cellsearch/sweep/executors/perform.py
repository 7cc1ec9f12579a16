"""One work item, done in this process. What goes wrong becomes an outcome."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from cellsearch.config import TrialConfig
from cellsearch.errors import DataError, StoreError
from cellsearch.places import Place
from cellsearch.record import Failure, Outcome, Progress
from cellsearch.recorded import Wanted
from cellsearch.sweep.executors.base import WorkItem

_FULL = (errno.ENOSPC, errno.EDQUOT)


class HinderedError(Exception):
    """A text or a file could not be read or written: no fault of the trial.

    The next try may fare better. What it says is what it was.
    """


class Trainer(Protocol):
    """The signature of `cellsearch.train.train`."""

    def __call__(
        self,
        trial: TrialConfig,
        *,
        checkpoint: Place | None,
        progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
        weights: Place | None,
        until: int | None,
        recordings: Wanted | None,
    ) -> Outcome:
        """Train one trial."""


def load_trainer(name: str) -> Trainer:
    """The function that `module:function` names."""
    module, _, function = name.partition(":")
    return cast(Trainer, getattr(import_module(module), function))


def perform(
    item: WorkItem,
    trainer: Trainer,
    progress: Callable[[Progress], None],
    cancelled: Callable[[], bool],
) -> Outcome | None:
    """Train the item's trial. None: it was asked to stop, and did.

    Raises:
        StoreError: the disk is full, which no other trial would survive.
        HinderedError: any other trouble with files, or with the text.
    """
    try:
        return trainer(
            item.trial,
            checkpoint=item.checkpoint,
            progress=progress,
            cancelled=cancelled,
            weights=item.weights,
            until=item.until,
            recordings=item.recordings,
        )
    except Exception as error:
        # Whatever a trial does while it is asked to stop, it is unfinished and will be done anew.
        if cancelled():
            return None
        if isinstance(error, OSError) and error.errno in _FULL:
            raise StoreError(f"{item.checkpoint}: cannot be written: the disk is full") from None
        if isinstance(error, OSError):
            raise HinderedError(f"{item.checkpoint}: {type(error).__name__}: {error}") from None
        if isinstance(error, DataError):
            raise HinderedError(str(error)) from None
        return Outcome(status="failed", error=_failure(error))


def _failure(error: Exception) -> Failure:
    last = traceback.extract_tb(error.__traceback__)[-1]
    text = f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"
    return Failure(kind="oom" if isinstance(error, MemoryError) else "other", message=text)
