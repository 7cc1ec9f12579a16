"""Runs what is left of a study and puts each trial on record as it ends."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing

from cellsearch import store
from cellsearch.config import RecordConfig
from cellsearch.record import CellCost, ChoiceLine, JournalLine, Outcome, RungLine, TrialLine
from cellsearch.recorded import Wanted
from cellsearch.store import Journal, Writer
from cellsearch.sweep.agenda import Agenda
from cellsearch.sweep.executors.base import (
    Event,
    Executor,
    Failed,
    Finished,
    Moved,
    Started,
    WorkItem,
)
from cellsearch.sweep.mirrors import Mirrors
from cellsearch.sweep.shelf import WEIGHTS, Shelf
from cellsearch.sweep.trials import Trial, name_of
from cellsearch.sweep.tuning.tuning import Step, Stop
from cellsearch.sweep.twins import Twins, keys_gone_on_with
from cellsearch.sweep.watching.display import Display
from cellsearch.sweep.watching.live import Live
from cellsearch.sweep.watching.status import states


class Driver:
    """The only one who writes to a study's journal while trials run.

    Args:
        journal: what is on record when the run begins.
        agenda: what is to be done.
        writer: of the same journal.
        executor: trains.
        shelf: where the files of trials lie.
        mirrors: are kept like the journal.
        display: is told.
        recorded: what is recorded of which seeds.
    """

    def __init__(
        self,
        journal: Journal,
        agenda: Agenda,
        writer: Writer,
        executor: Executor,
        shelf: Shelf,
        mirrors: Mirrors,
        display: Display,
        recorded: RecordConfig,
    ) -> None:
        self._folder = journal.folder
        self._agenda = agenda
        self._writer = writer
        self._executor = executor
        self._shelf = shelf
        self._mirrors = mirrors
        self._display = display
        self._recorded = recorded
        self._states = states(journal)
        self._stopping = self._missed = False
        self._twins = Twins(journal)
        # What runs, by key: one step, and those that wait for what it finds.
        self._out: dict[str, list[Step]] = {}

    def run(self) -> None:
        """Train until nothing is left or somebody asks to stop.

        Raises:
            StoreError: the disk is full; what is on record stays, running trials are unfinished.
            TrialError: the executor cannot start what it needs.
        """
        left = self._agenda.tokens_left
        self._live = Live(self._folder, self._states, left, self._display, time.monotonic)
        try:
            self._conclude()
            self._train()
        finally:
            self._live.close()

    def stop(self) -> None:
        """Ask running trials to save and stop. May be called from a signal handler or a thread."""
        self._stopping = True
        self._executor.stop()

    def _train(self) -> None:
        with closing(self._executor.run(self._items())) as events:
            for event in events:
                self._take(event)

    def _items(self) -> Iterator[WorkItem | None]:
        for step in self._agenda.steps():
            if self._stopping:
                return
            if step is None:
                assert self._out, "nothing runs, and nothing can begin"
                yield None
            elif item := self._begun(step):
                yield item

    def _begun(self, step: Step) -> WorkItem | None:
        """The work that a step is; None where a twin's is taken."""
        trial = step.trial
        attempt = self._agenda.attempt(trial.name)
        if trial.key in self._out:
            self._out[trial.key].append(step)
            return None
        if line := self._twins.answer(step, attempt):
            self._copy(line, step)
            return None
        self._out[trial.key] = [step]
        return WorkItem(
            key=trial.key,
            trial=trial.config,
            checkpoint=self._shelf.checkpoint(trial.key),
            # What is only tried leaves none.
            weights=self._shelf.weights(trial.key) if trial.number is None else None,
            recordings=self._wanted(trial),
            attempt=attempt,
            until=step.until,
        )

    def _wanted(self, trial: Trial) -> Wanted | None:
        """What is recorded of a trial: of the first seeds, and of none that is only tried."""
        kinds, seeds = self._recorded.what, self._recorded.seeds
        if not kinds or trial.number is not None or trial.config.seed >= seeds:
            return None
        return Wanted(kinds, self._shelf.recordings(trial.key))

    def _take(self, event: Event) -> None:
        trial = self._out[event.key][0].trial
        match event:
            case Started():
                self._live.started(trial, event)
            case Moved(key=key, progress=progress):
                self._live.moved(key, progress)
            case Finished(key=key, attempt=attempt, outcome=outcome):
                self._record(key, attempt, outcome)
            case Failed(key=key, attempt=attempt, failure=failure, again=False):
                self._record(key, attempt, Outcome(status="failed", error=failure))
            case Failed(failure=failure):
                self._display.note(f"{trial.name}: {failure.message}; it is tried again")

    def _record(self, key: str, attempt: int, outcome: Outcome) -> None:
        sidecars = self._shelf.sidecars(key)
        steps = self._out.pop(key)
        kept = any(name.startswith(f"{WEIGHTS}/") for name in sidecars)
        if outcome.status == "done" and steps[0].trial.number is None and not kept:
            self._miss_weights()
        for step in steps:
            self._put_down(step, attempt, outcome, sidecars)
        self._conclude()
        if outcome.status != "pruned":
            self._shelf.clear(key)

    def _miss_weights(self) -> None:
        """Say it once: a worker elsewhere has written them to a folder of its own."""
        if not self._missed:
            self._missed = True
            self._display.note(
                "final weights are not in the study's folder: do all workers see it? Where they "
                "do not, --storage names a place that they reach"
            )

    def _put_down(
        self, step: Step, attempt: int, outcome: Outcome, sidecars: dict[str, str]
    ) -> None:
        """What a step found: a trial is over, or has reached its rung and waits there."""
        trial = step.trial
        if outcome.status == "pruned":
            self._append(_rung(step, attempt, outcome))
            self._live.paused(trial)
        else:
            self._append(_line(trial, attempt, outcome, sidecars))
            self._live.ended(trial, outcome.status)

    def _conclude(self) -> None:
        """Put down what follows from what is on record: who is pruned, and what is chosen."""
        if stops := self._agenda.stops():
            self._prune(stops)
        for choice in self._agenda.choices():
            self._append(choice)

    def _prune(self, stops: Sequence[Stop]) -> None:
        journal = store.read(self._folder)
        rungs = {(r.variant, r.number, r.rung): r for r in journal.rungs}
        pruned = [rungs[stop.variant, stop.number, stop.rung] for stop in stops]
        needed = keys_gone_on_with(journal, {name_of(rung) for rung in pruned})
        for rung in pruned:
            trial = self._agenda.tuned(rung.variant, rung.number, rung.setting)
            self._append(_line(trial, rung.attempt, rung.outcome, {}))
            self._live.ended(trial, "pruned")
            if trial.key not in needed:
                self._shelf.clear(trial.key)

    def _append(self, line: JournalLine) -> None:
        line = self._writer.append(line)
        self._agenda.tell(line)
        match line:
            case RungLine():
                self._twins.told(line)
            case TrialLine():
                self._twins.told(line)
                self._mirrors.add(line)
                self._display.finished(line)
            case ChoiceLine():
                self._display.chosen(line)

    def _copy(self, line: TrialLine | RungLine, step: Step) -> None:
        """Put down what a twin on record found, in place of training it again."""
        sidecars = line.sidecars if isinstance(line, TrialLine) else {}
        self._put_down(step, line.attempt, line.outcome, sidecars)
        self._conclude()


def _line(trial: Trial, attempt: int, outcome: Outcome, sidecars: dict[str, str]) -> TrialLine:
    cost: CellCost = trial.variant.cell_cost
    return TrialLine(
        trial_key=trial.key,
        attempt=attempt,
        variant=trial.variant.name,
        seed=trial.config.seed,
        number=trial.number,
        setting=trial.variant.setting if trial.number is not None else {},
        cell_hash=trial.variant.cell_hash,
        class_hash=trial.variant.class_hash,
        config=trial.config,
        cost=cost,
        outcome=outcome,
        sidecars=sidecars,
    )


def _rung(step: Step, attempt: int, outcome: Outcome) -> RungLine:
    trial = step.trial
    assert trial.number is not None
    return RungLine(
        trial_key=trial.key,
        attempt=attempt,
        variant=trial.variant.name,
        number=trial.number,
        setting=trial.variant.setting,
        rung=step.rung,
        outcome=outcome,
    )
