"""What the tuning tried and chose, as numbers: nothing here is drawn, and no test text is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb, exp, log
from typing import TYPE_CHECKING

from cellsearch.config import CONST, Choice, RangeConfig
from cellsearch.report.verdicts import words

if TYPE_CHECKING:
    from cellsearch.record import Setting, StudyLine, TrialLine, Variant
    from cellsearch.store import Journal


@dataclass(frozen=True)
class Tried:
    """One variant's trials in the tuning.

    Attributes:
        variant: its name.
        lines: its trials, by the number of the setting.
        chosen: the number of the setting that was chosen; None: not yet, or none ended well.
        keys: of the space, those that the variant has; a const it may lack.
    """

    variant: str
    lines: Mapping[int, TrialLine]
    chosen: int | None
    keys: tuple[str, ...]

    def loss(self, number: int | None) -> float | None:
        """Validation loss at the end, where the trial got there and did not diverge."""
        line = None if number is None else self.lines.get(number)
        if line is None or line.outcome.status != "done":
            return None
        return line.outcome.metrics.get("valid_loss")

    def setting(self, number: int) -> Setting:
        """What was tried under a number, of the keys that the variant has."""
        return {key: self.lines[number].setting[key] for key in self.keys}

    @property
    def losses(self) -> dict[int, float]:
        """Those of all trials that have one."""
        found = {number: self.loss(number) for number in self.lines}
        return {number: loss for number, loss in found.items() if loss is not None}

    def count(self, status: str) -> int:
        """How many trials ended so."""
        return sum(line.outcome.status == status for line in self.lines.values())


def tried(journal: Journal) -> dict[str, Tried]:
    """Every variant that was tuned, the base first."""
    study = journal.study
    found: dict[str, dict[int, TrialLine]] = {v.name: {} for v in study.variants}
    for line in sorted(journal.tuning, key=lambda t: t.number or 0):
        if line.number is not None:
            found[line.variant][line.number] = line
    chosen = {name: choice.number for name, choice in journal.choices.items()}
    return {
        v.name: Tried(v.name, found[v.name], chosen.get(v.name), _keys(study, v))
        for v in study.variants
        if found[v.name]
    }


def _keys(study: StudyLine, variant: Variant) -> tuple[str, ...]:
    space = study.spec.tune.space if study.spec.tune else {}
    has = {f"{CONST}{name}" for name in variant.consts}
    return tuple(key for key in space if not key.startswith(CONST) or key in has)


def expected_best(losses: Sequence[float]) -> list[float]:
    """Expected lowest loss of k settings drawn without replacement from those tried, k = 1, 2, …

    The unbiased estimator (Tang et al. 2020); that of Dodge et al. 2019, with replacement, is
    biased upwards.
    """
    ranked, n = sorted(losses), len(losses)
    return [
        sum(loss * comb(n - i, k - 1) for i, loss in enumerate(ranked, 1)) / comb(n, k)
        for k in range(1, n + 1)
    ]


def guessed(journal: Journal, one: Tried) -> list[float]:
    """The losses of all trials, in their order; one that diverged or failed counts as guessing."""
    worst = log(journal.study.vocabulary)
    losses = (one.loss(number) for number in one.lines)
    return [worst if loss is None else loss for loss in losses]


def at_the_edge(journal: Journal, one: Tried) -> list[str]:
    """Keys of which the lowest or highest value that was tried was chosen."""
    tune = journal.study.spec.tune
    if tune is None or one.chosen is None:
        return []
    found = []
    for key in one.keys:
        if not isinstance(tune.space[key], RangeConfig):
            continue
        values = [number(one.setting(n)[key]) for n in one.lines]
        own = number(one.setting(one.chosen)[key])
        if own in (min(values), max(values)):
            end = "lowest" if own == min(values) else "highest"
            found.append(f"the {end} {words.key(key)} ({own:.3g})")
    return found


def at_the_edges(journal: Journal, each: Mapping[str, Tried]) -> dict[str, list[str]]:
    """The variants that were given an end of what was tried, by that end."""
    found: dict[str, list[str]] = {}
    for one in each.values():
        for edge in at_the_edge(journal, one):
            found.setdefault(edge, []).append(one.variant)
    return found


def number(value: Choice) -> float:
    """A value of a range."""
    assert isinstance(value, int | float)
    return float(value)


def perplexity(loss: float | None) -> float | None:
    """exp of a loss in nats."""
    return None if loss is None else exp(loss)
