"""Runs what is left of a study and puts each trial on record as it ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

from cellsearch.record import CellCost, Outcome, TrialLine
from cellsearch.store import Journal, Writer
from cellsearch.sweep.display import Display
from cellsearch.sweep.executors.base import (
    Event,
    Executor,
    Failed,
    Finished,
    Moved,
    Started,
    WorkItem,
)
from cellsearch.sweep.interrupt import asked_to_stop
from cellsearch.sweep.live import Live
from cellsearch.sweep.shelf import Shelf
from cellsearch.sweep.status import count
from cellsearch.sweep.trials import Trial


class Driver:
    """The only one who writes to a study's journal while trials run.

    Args:
        journal: what is on record when the run begins.
        trials: those that are left, in the order in which they are to be begun.
        writer: of the same journal.
        executor: trains them.
        display: is told.
        shelf: where the files of trials lie.
    """

    def __init__(
        self,
        journal: Journal,
        trials: list[Trial],
        writer: Writer,
        executor: Executor,
        display: Display,
        shelf: Shelf,
    ) -> None:
        self._journal = journal
        self._folder = journal.folder
        self._writer = writer
        self._executor = executor
        self._display = display
        self._shelf = shelf
        self._on_record = {(t.variant, t.seed): t for t in journal.trials}
        self._stopping = False
        # Two trials with one key are one trial: trained once, on record for each.
        self._twins: dict[str, list[Trial]] = {}
        for trial in trials:
            self._twins.setdefault(trial.key, []).append(trial)

    def run(self) -> None:
        """Train until nothing is left or somebody asks to stop.

        Raises:
            StoreError: the disk is full; what is on record stays, running trials are unfinished.
            TrialError: the executor cannot start what it needs.
        """
        self._shelf.keep_only(self._twins)
        status = count(self._journal, ())
        self._live = Live(self._folder, status, self._display, time.monotonic)
        try:
            self._copy_twins_on_record()
            self._train()
        finally:
            self._live.close()

    def _train(self) -> None:
        with asked_to_stop(self._stop), closing(self._executor.run(self._items())) as events:
            for event in events:
                self._take(event)

    def _stop(self) -> None:
        self._stopping = True
        self._executor.stop()

    def _items(self) -> Iterator[WorkItem]:
        for key, (trial, *_) in self._twins.items():
            if self._stopping:
                return
            yield WorkItem(
                key=key,
                trial=trial.config,
                checkpoint=self._shelf.checkpoint(key),
                weights=self._shelf.weights(key),
                attempt=self._attempts(trial) + 1,
            )

    def _attempts(self, trial: Trial) -> int:
        line = self._on_record.get(trial.name)
        return line.attempt if line else 0

    def _state(self, trial: Trial) -> str:
        """Among which trials this one was counted before the run."""
        line = self._on_record.get(trial.name)
        return line.outcome.status if line else "waiting"

    def _take(self, event: Event) -> None:
        trial = self._twins[event.key][0]
        match event:
            case Started():
                self._live.started(trial, event, self._state(trial))
            case Moved(key=key, progress=progress):
                self._live.moved(key, progress)
            case Finished(key=key, attempt=attempt, outcome=outcome):
                self._record(key, attempt, outcome)
            case Failed(key=key, attempt=attempt, failure=failure, again=False):
                self._record(key, attempt, Outcome(status="failed", error=failure))
            case Failed(failure=failure):
                variant, seed = trial.name
                self._display.note(f"{variant}, seed {seed}: {failure.message}; it is tried again")

    def _record(self, key: str, attempt: int, outcome: Outcome) -> None:
        sidecars = self._shelf.sidecars(key)
        for trial in self._twins[key]:
            self._append(_line(trial, attempt, outcome, sidecars))
            self._live.ended(key, self._state(trial), outcome.status)
        self._shelf.clear(key)

    def _append(self, line: TrialLine) -> None:
        self._writer.append(line)
        self._display.finished(line)

    def _copy_twins_on_record(self) -> None:
        """What a twin that is on record found is put down for its twin, and not trained again."""
        lines = {t.trial_key: t for t in self._journal.trials if t.outcome.status != "failed"}
        for key in [key for key in self._twins if key in lines]:
            found = lines[key]
            for trial in self._twins.pop(key):
                self._append(_line(trial, found.attempt, found.outcome, found.sidecars))
                self._live.ended(key, self._state(trial), found.outcome.status)


def _line(trial: Trial, attempt: int, outcome: Outcome, sidecars: dict[str, str]) -> TrialLine:
    cost: CellCost = trial.variant.cell_cost
    return TrialLine(
        trial_key=trial.key,
        attempt=attempt,
        variant=trial.variant.name,
        seed=trial.config.seed,
        cell_hash=trial.variant.cell_hash,
        class_hash=trial.variant.class_hash,
        config=trial.config,
        cost=cost,
        outcome=outcome,
        sidecars=sidecars,
    )
