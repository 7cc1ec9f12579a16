"""How many trials of a study are done, running and waiting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cellsearch import store
from cellsearch.store import Journal
from cellsearch.sweep.trials import TUNING_SEED, Name, name_of
from cellsearch.sweep.tuning.tuning import settings, tuned
from cellsearch.sweep.watching import running
from cellsearch.sweep.watching.running import Running


@dataclass(frozen=True, slots=True)
class Status:
    """How many trials are in which state.

    `planned = done + diverged + pruned + failed + running + waiting`, always.
    """

    planned: int
    done: int = 0
    diverged: int = 0
    pruned: int = 0
    failed: int = 0
    running: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """One moment of a sweep.

    Attributes:
        status: how many trials are in which state.
        running: those that run, and how far they are.
        seconds_left: the time to go at the pace so far; None while there is no pace.
    """

    status: Status
    running: tuple[Running, ...]
    seconds_left: float | None


def status(folder: Path) -> Status:
    """The state of a study, asked from anywhere, whether or not a sweep is running.

    Raises:
        StoreError: there is no study in the folder, or its journal is damaged.
    """
    return count(*seen(folder))


def seen(folder: Path) -> tuple[Journal, tuple[Running, ...]]:
    """What is on record and what runs.

    Raises:
        StoreError: as `status`.
    """
    # In this order: a trial that ends in between is then seen as finished, not as waiting.
    now = running.read(folder)
    return store.read(folder), now.trials if now else ()


def view(folder: Path) -> View:
    """This moment: as whoever holds the study tells it, or else as it is on record.

    Raises:
        StoreError: as `status`.
    """
    now = running.read(folder)
    if now is None:
        return View(count(store.read(folder), ()), (), None)
    return View(Status(**now.counts), now.trials, now.seconds_left)


def count(journal: Journal, now: Iterable[Running]) -> Status:
    """The state of a study of whose trials those `now` are running."""
    return tally(states(journal, now).values())


def phases(journal: Journal, now: Iterable[Running]) -> dict[str, Status]:
    """The same for the tuning and for the comparison, each by itself."""
    found = states(journal, now)
    return {
        "tuning": tally(s for name, s in found.items() if name.number is not None),
        "comparison": tally(s for name, s in found.items() if name.number is None),
    }


def states(journal: Journal, now: Iterable[Running] = ()) -> dict[Name, str]:
    """The state of every planned trial: that on record, `running` or `waiting`."""
    found = dict.fromkeys(_planned(journal), "waiting")
    attempts: dict[Name, int] = {}
    for line in (*journal.tuning, *journal.trials):
        if (name := name_of(line)) in found:
            found[name], attempts[name] = line.outcome.status, line.attempt
    for trial in now:
        # An attempt beyond the one that is on record: the trial is tried again, and runs.
        if trial.name in found and trial.attempt > attempts.get(trial.name, 0):
            found[trial.name] = "running"
    return found


def tally(found: Iterable[str]) -> Status:
    """How many are in which state."""
    counts = Counter(found)
    return Status(counts.total(), **counts)


def _planned(journal: Journal) -> Iterator[Name]:
    for variant in tuned(journal.study):
        for number in range(settings(journal.study)):
            yield Name(variant.name, TUNING_SEED, number)
    for variant in journal.variants:
        for seed in range(journal.seeds):
            yield Name(variant.name, seed)
