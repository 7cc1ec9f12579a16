"""What is left to do of a study, in its order: the tuning, the choice, the comparison."""

from __future__ import annotations

from collections.abc import Iterator

from cellsearch.config import TaskConfig
from cellsearch.errors import StoreError
from cellsearch.record import ChoiceLine, JournalLine, RungLine, Setting, TrialLine
from cellsearch.store import Journal
from cellsearch.sweep.again import Again
from cellsearch.sweep.trials import Maker, Name, Trial, name_of, seeded
from cellsearch.sweep.tuning.tuning import Step, Stop, Tuning


class Agenda:
    """Says what comes next, and is told what happened.

    Args:
        journal: what is on record.
        task: the plan's, or the same with its text in another place.
        again: which of what failed is tried again. What a choice or a rung rests on is not.

    Attributes:
        retried: what is tried again, by name.
        settled: how many would be, if nothing rested on their failure.

    Raises:
        StoreError: a trial is on record under another key: it would be trained twice.
    """

    def __init__(self, journal: Journal, task: TaskConfig, again: Again) -> None:
        self._maker = Maker(journal.study, task)
        self._seeds = journal.seeds
        self._variants = {v.name: v for v in journal.variants}
        self._folder = journal.folder
        self._keys = {name_of(t): t.trial_key for t in journal.trials}
        self._planned = {v.name: v for v in journal.study.variants}
        wanted = [t for t in (*journal.trials, *journal.tuning) if _failed(t) and again(t)]
        retried = [t for t in wanted if t.number is None]
        self._left = len(self._variants) * self._seeds - len(self._keys) + len(retried)
        self._tokens = journal.study.spec.train.tokens
        self._tuning: Tuning | None = None
        if journal.study.spec.tune is not None:
            _check_version(journal, self._maker)
            self._tuning = Tuning(journal, self._maker)
            retried += [t for t in wanted if t.number is not None and self._tuning.reopened(t)]
        self.settled = len(wanted) - len(retried)
        self.retried = {name_of(t): t for t in retried}
        self._attempts = {name_of(r): r.attempt for r in journal.rungs}
        self._attempts |= {name: t.attempt + 1 for name, t in self.retried.items()}

    def tuned(self, variant: str, number: int, setting: Setting) -> Trial:
        """A trial of the tuning."""
        return self._maker.tuned(self._planned[variant], number, setting)

    def attempt(self, name: Name) -> int:
        """With which attempt a trial begins, or goes on from its rung."""
        return self._attempts.get(name, 1)

    def tokens_left(self) -> int:
        """Training tokens of all that is not yet on record, if nothing diverges."""
        tuning = self._tuning.tokens_left if self._tuning else 0
        return tuning + self._left * self._tokens

    def steps(self) -> Iterator[Step | None]:
        """What to train next. None: nothing can begin before a result that is out has been told."""
        if self._tuning is not None:
            while not self._tuning.over:
                yield self._tuning.next()
        for trial in seeded(self._maker, self._variants.values(), self._seeds):
            if self._is_left(trial):
                yield Step(trial)

    def tell(self, line: JournalLine) -> None:
        """A line is on record."""
        match line:
            case ChoiceLine(variant=variant) if variant.name in self._variants:
                self._variants[variant.name] = variant
            case RungLine() if self._tuning:
                self._attempts[name_of(line)] = line.attempt
                self._tuning.reached(line)
            case TrialLine(number=None):
                self._left -= 1
            case TrialLine() if self._tuning:
                self._tuning.ended(line)

    def stops(self) -> list[Stop]:
        """Trials that are pruned, now that all at their rung are there."""
        return self._tuning.stops() if self._tuning else []

    def choices(self) -> Iterator[ChoiceLine]:
        """What is chosen, once, when all is tried."""
        return self._tuning.choices() if self._tuning else iter(())

    def _is_left(self, trial: Trial) -> bool:
        key = self._keys.get(trial.name)
        if key is not None and key != trial.key:
            raise _other_version(self._folder, trial.name, key, trial.key)
        return key is None or trial.name in self.retried


def _failed(line: TrialLine) -> bool:
    return line.outcome.status == "failed"


def _check_version(journal: Journal, maker: Maker) -> None:
    """The first trial of each variant in the tuning has the key that it would get now."""
    variants = {v.name: v for v in journal.study.variants}
    for line in {t.variant: t for t in reversed(journal.tuning)}.values():
        assert line.number is not None
        trial = maker.tuned(variants[line.variant], line.number, line.setting)
        if trial.key != line.trial_key:
            raise _other_version(journal.folder, trial.name, line.trial_key, trial.key)


def _other_version(folder: object, name: Name, old: str, new: str) -> StoreError:
    return StoreError(
        f"{folder}: {name} was trained as {old[:15]}… and would now be {new[:15]}…; "
        "the study was begun by another version of cellsearch, go on with that one"
    )
