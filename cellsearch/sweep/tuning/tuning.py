"""The tuning of a study: every variant's trials, and in the end its choice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cellsearch.config import TuneConfig
from cellsearch.record import (
    ChoiceLine,
    RungLine,
    Setting,
    StudyLine,
    TrialLine,
    Variant,
)
from cellsearch.store import Journal
from cellsearch.sweep import proposers
from cellsearch.sweep.planning.space import space_of
from cellsearch.sweep.planning.tuning import count
from cellsearch.sweep.proposers import Seen
from cellsearch.sweep.trials import Maker, Trial
from cellsearch.sweep.tuning.climb import Climb, budgets


@dataclass(frozen=True, slots=True)
class Step:
    """A trial to train, up to `until` tokens where it is to pause there."""

    trial: Trial
    until: int | None = None
    rung: int = 0


@dataclass(frozen=True, slots=True)
class Stop:
    """A trial that paused at a rung and is not gone on with."""

    variant: str
    number: int
    rung: int


class Tuning:
    """What is to be tried next, for all variants by turns, and what is chosen when all is tried.

    Args:
        journal: with a plan that has `tune`; what is on record in it is not tried again.
        maker: of the study's trials.
    """

    def __init__(self, journal: Journal, maker: Maker) -> None:
        study, tune = journal.study, journal.study.spec.tune
        assert tune is not None
        self._tokens = budgets(tune.tokens or study.spec.train.tokens, tune.halving)
        self._maker = maker
        self._leaders = {v.name: led_by(study, v.name) for v in study.variants}
        self._variants = {v.name: v for v in study.variants}
        self._each = {v.name: _Tried(tune, self._tokens) for v in tuned(study)}
        self._chosen = set(journal.choices)
        pruned = (t for t in journal.tuning if t.outcome.status == "pruned")
        self._pruned = {(t.variant, t.number) for t in pruned}
        self._take_in(journal)
        self._stopped = self._settled()

    @property
    def over(self) -> bool:
        """Whether nothing is left to try."""
        return all(tried.climb.over for tried in self._each.values())

    @property
    def tokens_left(self) -> int:
        """Training tokens of what is not yet on record, if no trial diverges."""
        return sum(tried.climb.left(self._tokens) for tried in self._each.values())

    def reopened(self, line: TrialLine) -> bool:
        """Let a trial that failed try again, before anything begins; not where much rests on it."""
        assert line.number is not None
        # A choice rests on every end.
        if line.variant in self._chosen:
            return False
        return self._each[line.variant].climb.reopen(line.number)

    def next(self) -> Step | None:
        """What may begin now; None: nothing, or nothing before some result is in."""
        ready = {name: found for name, t in self._each.items() if (found := t.climb.next())}
        if not ready:
            return None
        # The lowest rung first, then the lowest number: an early look compares all variants.
        name = min(ready, key=lambda name: ready[name])
        rung, number = ready[name]
        tried = self._each[name]
        tried.climb.begin()
        trial = self._maker.tuned(self._variants[name], number, tried.setting(number))
        last = rung + 1 == len(self._tokens)
        return Step(trial, None if last else self._tokens[rung], rung)

    def reached(self, line: RungLine) -> None:
        """A trial has paused at a rung."""
        value = line.outcome.metrics.get("valid_loss")
        self._each[line.variant].climb.reach(line.rung, line.number, value)

    def ended(self, line: TrialLine) -> None:
        """A trial of the tuning is on record."""
        assert line.number is not None
        climb, outcome = self._each[line.variant].climb, line.outcome
        match outcome.status:
            case "done":
                climb.reach(len(self._tokens) - 1, line.number, outcome.metrics.get("valid_loss"))
            case "diverged" | "failed":
                climb.fail(line.number)
            # One that was pruned has passed its rung before.

    def stops(self) -> list[Stop]:
        """The trials that no longer go on, now that all at their rung are there."""
        found, self._stopped = [*self._stopped, *self._settled()], []
        return found

    def _settled(self) -> list[Stop]:
        return [
            Stop(name, number, rung)
            for name, tried in self._each.items()
            for rung, number in tried.climb.settle()
            if (name, number) not in self._pruned
        ]

    def choices(self) -> Iterator[ChoiceLine]:
        """What is chosen for each variant that has no choice on record; once all is tried."""
        if not self.over:
            return
        for name, variant in self._variants.items():
            if name not in self._chosen:
                self._chosen.add(name)
                yield self._choice(variant)

    def _choice(self, variant: Variant) -> ChoiceLine:
        tried = self._each[self._leaders[variant.name]]
        done = [(v, n) for n, v in tried.climb.last.items() if v is not None]
        value, number = min(done, default=(None, None))
        # Where none ended well, the variant stays at what the sweep file says.
        setting = {} if number is None else tried.setting(number)
        chosen = self._maker.chosen(variant, setting)
        return ChoiceLine(variant=chosen, number=number, valid_loss=value)

    def _take_in(self, journal: Journal) -> None:
        for rung in journal.rungs:
            self._each[rung.variant].settings[rung.number] = rung.setting
            self.reached(rung)
        for line in journal.tuning:
            assert line.number is not None
            self._each[line.variant].settings[line.number] = line.setting
            self.ended(line)


class _Tried:
    """One variant: its settings, and how far each of them is."""

    def __init__(self, tune: TuneConfig, tokens: tuple[int, ...]) -> None:
        space = space_of(tune)
        self.settings: dict[int, Setting] = {}
        self.proposer = proposers.make(tune.proposer, space, tune.seed)
        lag = tune.lag if self.proposer.adaptive else None
        factor = tune.halving.factor if tune.halving else 1
        self.climb = Climb(count(tune), len(tokens), factor, lag)
        self._seen: list[Seen] = []

    def setting(self, number: int) -> Setting:
        """The setting of a number: as it is on record, or as it is proposed now."""
        if number not in self.settings:
            for n in range(len(self._seen), self.climb.visible(number)):
                self._seen.append(Seen(self.settings[n], self.climb.first[n]))
            self.settings[number] = self.proposer.propose(number, self._seen)
        return self.settings[number]


def tuned(study: StudyLine) -> list[Variant]:
    """The variants that are tried at the settings of the tuning; none where there is no tuning."""
    has_tuning = study.spec.tune is not None
    return [v for v in study.variants if has_tuning and led_by(study, v.name) == v.name]


def settings(study: StudyLine) -> int:
    """How many settings each of them is tried at."""
    return count(study.spec.tune) if study.spec.tune else 0


def led_by(study: StudyLine, name: str) -> str:
    """The variant whose choice this one takes: its own, or where it is a copy or a mirror, that's.

    A mirror at another setting than what it mirrors would show the tuning, not the noise.
    """
    each = {v.name: v for v in study.variants}
    while other := study.followed(each[name]):
        name = other
    return name
