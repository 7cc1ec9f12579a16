"""The present moment of a sweep: what runs, how many are done, how long it will take."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from cellsearch.errors import StoreError
from cellsearch.record import Progress
from cellsearch.sweep.executors.base import Started
from cellsearch.sweep.trials import Trial
from cellsearch.sweep.watching import running
from cellsearch.sweep.watching.display import Display, View
from cellsearch.sweep.watching.running import Moment, Running
from cellsearch.sweep.watching.status import Status

# How often others are told how far the trials are, in seconds.
_TELL = 1.0


class Live:
    """Keeps the counts and tells them: a display in this process, a small file for others."""

    def __init__(
        self,
        folder: Path,
        status: Status,
        tokens_left: Callable[[], int],
        display: Display,
        clock: Callable[[], float],
    ) -> None:
        self._folder = folder
        self._display = display
        self._clock = clock
        self._tokens_left = tokens_left
        self._counts = Counter(asdict(status))
        self._running: dict[str, Running] = {}
        self._pace = Pace(clock)
        self._told = -_TELL
        self._tell()

    def started(self, trial: Trial, event: Started, was: str) -> None:
        """An attempt begins, at a trial that was counted as `was` so far."""
        if trial.key not in self._running:
            self._counts[was] -= 1
            self._counts["running"] += 1
        of = trial.config.train.tokens
        self._running[trial.key] = Running(*trial.name, event.attempt, 0, of, None, event.worker)
        self._tell()

    def moved(self, key: str, progress: Progress) -> None:
        """A trial has got further."""
        now = replace(
            self._running[key], tokens=progress.tokens, of=progress.of, loss=progress.loss
        )
        self._running[key] = now
        self._pace.at(key, progress.tokens)
        if self._clock() - self._told >= _TELL:
            self._tell()
        self._show()

    def ended(self, key: str, was: str, status: str) -> None:
        """A trial is on record. Its twins, which never ran, were counted as `was` so far."""
        ran = self._running.pop(key, None)
        self._counts["running" if ran else was] -= 1
        self._counts[status] += 1
        if ran:
            self._pace.end(key, ran.of if status == "done" else ran.tokens)
        self._tell()

    def paused(self, key: str) -> None:
        """A trial waits at its rung. Its twins, which never ran, still wait."""
        if ran := self._running.pop(key, None):
            self._counts["running"] -= 1
            self._counts["waiting"] += 1
            self._pace.end(key, ran.tokens)
        self._tell()

    def close(self) -> None:
        """The sweep is over or stops: nothing runs."""
        self._counts["waiting"] += self._counts.pop("running", 0)
        self._running.clear()
        self._show()
        running.clear(self._folder)

    def view(self) -> View:
        """This moment."""
        status = Status(**self._counts)
        seconds = self._pace.seconds(self._tokens_left())
        return View(status, tuple(self._running.values()), seconds)

    def _tell(self) -> None:
        self._told = self._clock()
        # Whether others can see what runs decides nothing; a full disk will be said elsewhere.
        with suppress(StoreError):
            view = self.view()
            moment = Moment(view.running, asdict(view.status), view.seconds_left)
            running.write(self._folder, moment)
        self._show()

    def _show(self) -> None:
        self._display.show(self.view())


class Pace:
    """How many training tokens are read in a second, all workers together."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begin: float | None = None
        # Where each trial was when it was first seen, where it is, and what is over.
        self._first: dict[str, int] = {}
        self._last: dict[str, int] = {}
        self._over = 0

    def at(self, key: str, tokens: int) -> None:
        """A trial has got so far; what a checkpoint brought along is no work of ours."""
        if self._begin is None:
            self._begin = self._clock()
        self._first.setdefault(key, tokens)
        self._last[key] = tokens

    def end(self, key: str, tokens: int) -> None:
        """A trial is over, or waits, after so many."""
        self._over += tokens - self._first.pop(key, 0)
        self._last.pop(key, None)

    def seconds(self, left: int) -> float | None:
        """The time that so many tokens take, those of running trials whole; None: no pace yet."""
        running = sum(self._last[key] - self._first[key] for key in self._last)
        done = self._over + running
        if self._begin is None or done <= 0:
            return None
        return max(0, left - running) * (self._clock() - self._begin) / done
