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
from cellsearch.sweep.trials import Name, Trial
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
        states: dict[Name, str],
        tokens_left: Callable[[], int],
        display: Display,
        clock: Callable[[], float],
    ) -> None:
        self._folder = folder
        self._display = display
        self._clock = clock
        self._tokens_left = tokens_left
        self._states = states
        self._counts = Counter(states.values())
        self._running: dict[str, Running] = {}
        self._pace = Pace(clock)
        self._told = -_TELL
        self._tell()

    def started(self, trial: Trial, event: Started) -> None:
        """An attempt begins."""
        self._is(trial.name, "running")
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

    def ended(self, trial: Trial, status: str) -> None:
        """A trial is on record, whether it ran itself or a twin did."""
        self._is(trial.name, status)
        if ran := self._running.pop(trial.key, None):
            self._pace.end(trial.key, ran.of if status == "done" else ran.tokens)
        self._tell()

    def paused(self, trial: Trial) -> None:
        """A trial waits at its rung."""
        self._is(trial.name, "waiting")
        if ran := self._running.pop(trial.key, None):
            self._pace.end(trial.key, ran.tokens)
        self._tell()

    def close(self) -> None:
        """The sweep is over or stops: nothing runs."""
        for trial in self._running.values():
            self._is(trial.name, "waiting")
        self._running.clear()
        self._show()
        running.clear(self._folder)

    def view(self) -> View:
        """This moment."""
        status = Status(len(self._states), **self._counts)
        seconds = self._pace.seconds(self._tokens_left())
        return View(status, tuple(self._running.values()), seconds)

    def _is(self, name: Name, state: str) -> None:
        self._counts[self._states[name]] -= 1
        self._counts[state] += 1
        self._states[name] = state

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
