"""Synchronous successive halving of one variant: who goes on, and who stops where.

A rung is a budget. Trials pause at each rung but the last, which is the whole budget, until every
trial of the rung is there; then the best of them go on, one in `factor`, and the others are pruned.
Without halving there is one rung. Which trial reaches a rung first decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cellsearch.config import HalvingConfig


def budgets(tokens: int, halving: HalvingConfig | None) -> tuple[int, ...]:
    """The training tokens of each rung, the last one the whole budget."""
    if halving is None:
        return (tokens,)
    steps = range(halving.rungs, -1, -1)
    return tuple(max(1, tokens // halving.factor**step) for step in steps)


class Climb:
    """One variant's trials, by number, on a ladder of rungs.

    Args:
        count: how many trials begin.
        rungs: how many rungs there are, the last one the end.
        factor: one in so many goes on.
        lag: trial k begins when those up to k - lag are past the first rung; None: at any time.
    """

    def __init__(self, count: int, rungs: int, factor: int, lag: int | None) -> None:
        self._count = count
        self._factor = factor
        self._lag = lag
        # By rung: who is to pass it, in order; how many of them have set out; what they came to.
        self._runners: list[Sequence[int]] = [range(count), *([()] * (rungs - 1))]
        self._begun = [0] * rungs
        self._values: list[dict[int, float | None]] = [{} for _ in range(rungs)]
        self._open = 0
        self._known = 0

    @property
    def over(self) -> bool:
        """Whether every trial has stopped or is at its end."""
        return self._open == self._end and self._all_here()

    @property
    def first(self) -> Mapping[int, float | None]:
        """What trials came to at the first rung."""
        return self._values[0]

    @property
    def last(self) -> Mapping[int, float | None]:
        """What trials came to at the end."""
        return self._values[-1]

    def visible(self, number: int) -> int:
        """How many trials, from the first on, trial `number` may know."""
        return 0 if self._lag is None else max(0, number - self._lag + 1)

    def next(self) -> tuple[int, int] | None:
        """The rung and number of what may begin now; None: nothing, or not yet."""
        if self.over:
            return None
        runners, begun = self._runners[self._open], self._begun[self._open]
        while begun < len(runners) and runners[begun] in self._values[self._open]:
            begun += 1
        self._begun[self._open] = begun
        if begun == len(runners) or not self._may_begin(runners[begun]):
            return None
        return self._open, runners[begun]

    def begin(self) -> None:
        """What `next` said has begun."""
        self._begun[self._open] += 1

    def reach(self, rung: int, number: int, value: float | None) -> None:
        """A trial has passed a rung with this validation loss, or ended on the way: None."""
        self._values[rung][number] = value
        while self._known in self._values[0]:
            self._known += 1

    def fail(self, number: int) -> None:
        """A trial ended on the way to the next rung that it has not passed."""
        self.reach(self._next_of(number), number, None)

    def reopen(self, number: int) -> bool:
        """Let a trial that ended on the way try again; not where others went on in view of that.

        To be asked when all that is on record has been told and `settle`d, and nothing has begun.
        """
        rung = max(rung for rung, values in enumerate(self._values) if number in values)
        if rung < self._open and self._runners[rung + 1]:
            return False
        del self._values[rung][number]
        self._open = rung
        self._begun[rung] = 0
        if rung == 0:
            self._known = min(self._known, number)
        return True

    def left(self, tokens: Sequence[int]) -> int:
        """Training tokens until the end, at so many in all at each rung."""
        found, before, count = 0, 0, self._count
        for values, until in zip(self._values, tokens, strict=True):
            found += max(0, count - len(values)) * (until - before)
            before, count = until, max(1, count // self._factor)
        return 0 if self.over else found

    def settle(self) -> list[tuple[int, int]]:
        """Close every rung that all have reached; who is pruned there, as rung and number."""
        pruned: list[tuple[int, int]] = []
        while self._open < self._end and self._all_here():
            pruned += self._close(self._open)
            self._open += 1
        return pruned

    @property
    def _end(self) -> int:
        """The last rung, which is never closed: what it decides, the choice decides."""
        return len(self._runners) - 1

    def _all_here(self) -> bool:
        return len(self._values[self._open]) >= len(self._runners[self._open])

    def _next_of(self, number: int) -> int:
        return next(rung for rung, values in enumerate(self._values) if number not in values)

    def _close(self, rung: int) -> list[tuple[int, int]]:
        ranked = sorted((v, n) for n, v in self._values[rung].items() if v is not None)
        kept = max(1, len(self._runners[rung]) // self._factor)
        self._runners[rung + 1] = sorted(n for _, n in ranked[:kept])
        return sorted((rung, n) for _, n in ranked[kept:])

    def _may_begin(self, number: int) -> bool:
        return self._open > 0 or self.visible(number) <= self._known
