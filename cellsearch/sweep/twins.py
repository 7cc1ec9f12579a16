"""Two trials with one key are one trial: trained once, on record for each."""

from __future__ import annotations

from collections.abc import Container

from cellsearch import store
from cellsearch.record import RungLine, TrialLine
from cellsearch.store import Journal
from cellsearch.sweep.trials import Name, name_of
from cellsearch.sweep.tuning.tuning import Step

# In the place of a rung: a trial's end.
_END = -1


class Twins:
    """What is on record under a key answers every later step of that key.

    Args:
        journal: what is on record when the run begins. Later lines are `told`.
    """

    def __init__(self, journal: Journal) -> None:
        self._folder = journal.folder
        # Where there is something, and nothing of what it says: that stays on the disk.
        self._known = {_place(line) for line in (*journal.trials, *journal.tuning)}
        self._known |= {_place(line) for line in journal.rungs}

    def told(self, line: TrialLine | RungLine) -> None:
        """A line is on record."""
        self._known.add(_place(line))

    def answer(self, step: Step, attempt: int) -> TrialLine | RungLine | None:
        """The line that says what this step would find with this attempt; None: it is to train."""
        key = step.trial.key
        if not self._known & {(key, step.rung), (key, _END)}:
            return None
        lines = store.about(self._folder, key)
        return next((ln for ln in reversed(lines) if _answers(ln, step, attempt)), None)


def keys_gone_on_with(journal: Journal, pruned: Container[Name] = ()) -> set[str]:
    """The keys of trials that wait at a rung and go on from it; `pruned` no longer do."""
    over = {name_of(line) for line in journal.tuning}
    waiting = (rung for rung in journal.rungs if name_of(rung) not in over)
    return {rung.trial_key for rung in waiting if name_of(rung) not in pruned}


def _place(line: TrialLine | RungLine) -> tuple[str, int]:
    """Of which trial a line tells what, up to a rung or to its end."""
    return line.trial_key, line.rung if isinstance(line, RungLine) else _END


def _answers(line: TrialLine | RungLine, step: Step, attempt: int) -> bool:
    if isinstance(line, RungLine):
        return line.rung == step.rung and step.until is not None
    match line.outcome.status:
        case "done":
            return step.until is None
        case "failed":
            # Of an earlier attempt it says nothing: this one may end better.
            return line.attempt >= attempt
    return line.outcome.status == "diverged"
