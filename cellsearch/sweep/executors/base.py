"""What an executor is: work items in, events out, each as it happens.

An executor trains and decides nothing: which trials there are is the plan's business, what has
been done the journal's. `cellsearch/testing/executors.py` holds the tests that each must pass.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field

from cellsearch.config import TrialConfig
from cellsearch.places import Place
from cellsearch.record import Failure, Outcome, Progress
from cellsearch.recorded import Wanted

# What a worker calls, as module:function. It has the signature of `cellsearch.train.train`.
TRAINER = "cellsearch.train:train"


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One trial to train.

    Attributes:
        key: the trial's key; every event about the trial bears it.
        trial: all that its result depends on.
        checkpoint: its place for checkpoints; training goes on from what lies there.
        weights: the file for its final weights, or None.
        recordings: what is recorded of it, and the file for that, or None.
        attempt: the number of this attempt, from 1; one more for each time that it is begun anew.
        until: training tokens after which it pauses, saved, with the outcome `pruned`; to the
            trial's end where left out.
    """

    key: str
    trial: TrialConfig
    checkpoint: Place
    weights: Place | None = None
    recordings: Wanted | None = None
    attempt: int = 1
    until: int | None = None


# What is to be done next. None: that depends on a result that is still out; ask again after it.
Items = Iterable[WorkItem | None]


@dataclass(frozen=True, slots=True)
class Started:
    """An attempt begins, on the worker of that name."""

    key: str
    attempt: int
    worker: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A trial has got so far."""

    key: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class Finished:
    """The trainer returned an outcome. `failed` is one: a user's mistake, or memory's end."""

    key: str
    attempt: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Failed:
    """An attempt was lost with what ran it. `again` says whether another follows."""

    key: str
    attempt: int
    failure: Failure
    again: bool


Event = Started | Moved | Finished | Failed
Events = Generator[Event, None, None]


class Executor(ABC):
    """Runs work items. Of each it reports `Started`, any number of `Moved`, and one end.

    The end is `Finished`, or `Failed` without `again`. There is none for a trial that `stop`
    interrupted: it stays unfinished, its checkpoint saved.

    Attributes:
        at_once: how many trials run side by side; None where only a run can show it.
    """

    at_once: int | None = None

    @abstractmethod
    def run(self, items: Items) -> Events:
        """Run the items; draw the next one only when there is someone to do it.

        An item of None stands for those that nobody can name yet: another is drawn after the next
        `Finished` or `Failed`. It is never the last.

        Closing the iterator ends everything that it started.

        Raises:
            StoreError: the disk is full; nothing more can be trained.
            TrialError: what should run the trials cannot be started.
        """

    @abstractmethod
    def stop(self) -> None:
        """Ask running trials to save and stop; `run` then comes to its end.

        May be called from a signal handler, and more than once.
        """


@dataclass(slots=True)
class Patience:
    """How often a trial may take its worker with it: thrice in a row without getting further.

    What stops a worker from outside (a machine that shuts down, a person) strikes anywhere and
    does not count as long as the trial goes on between; what the trial itself does comes back at
    the same place.
    """

    attempts: int = 3
    _deaths: dict[str, int] = field(default_factory=dict)
    _furthest: dict[str, int] = field(default_factory=dict)

    def another(self, key: str, tokens: int) -> bool:
        """Whether a trial that was lost after so many tokens is tried again."""
        went_on = tokens > self._furthest.get(key, 0)
        self._deaths[key] = 1 if went_on else self._deaths.get(key, 0) + 1
        self._furthest[key] = max(tokens, self._furthest.get(key, 0))
        return self._deaths[key] < self.attempts
