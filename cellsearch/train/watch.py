"""What happens beside the updates: progress, checkpoints, and being asked to stop."""

from __future__ import annotations

import time
from collections.abc import Callable

from cellsearch.places import Place
from cellsearch.record import Progress
from cellsearch.train import checkpoint
from cellsearch.train.errors import Cancelled
from cellsearch.train.trainer import Trainer

REPORT_SECONDS = 0.5


class Watch:
    """Looks at a trainer between two updates."""

    def __init__(
        self,
        trainer: Trainer,
        place: Place | None,
        progress: Callable[[Progress], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self.trainer = trainer
        self.place = place
        self.progress = progress
        self.cancelled = cancelled
        self._began = self._reported = self._saved = time.monotonic()
        self._first = trainer.tokens

    def look(self) -> None:
        """Stop, report or save, whatever is due.

        Raises:
            Cancelled: it was asked to stop; the moment is saved.
        """
        if self.cancelled is not None and self.cancelled():
            self.save()
            raise Cancelled
        now = time.monotonic()
        if now - self._reported >= REPORT_SECONDS:
            self._reported = now
            self._report(now - self._began)
        if now - self._saved >= self.trainer.trial.train.checkpoint_seconds:
            self.save()
            self._saved = time.monotonic()

    def save(self) -> None:
        """Keep this moment, where there is a place for it."""
        if self.place is not None:
            checkpoint.save(self.place, self.trainer.trial, self.trainer.snapshot())

    def _report(self, seconds: float) -> None:
        if self.progress is None:
            return
        trainer = self.trainer
        self.progress(
            Progress(
                tokens=trainer.tokens,
                of=trainer.steps * trainer.per_step,
                loss=trainer.loss,
                tokens_per_second=(trainer.tokens - self._first) / seconds,
            )
        )
