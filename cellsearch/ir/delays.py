"""What delays remember: for each thing that is delayed, one state for each step back."""

from __future__ import annotations

from dataclasses import dataclass

from cellsearch.errors import LanguageError
from cellsearch.ir.expressions import Expression, Name, calls
from cellsearch.ir.ops import NOISE
from cellsearch.ir.reach import Reach
from cellsearch.ir.unroll import Unrolled
from cellsearch.ir.widths import number

MOST_REMEMBERED = 1_000


@dataclass(eq=False)
class Memory:
    """What one or more calls of `delay` remember.

    Attributes:
        what: the expression whose values are remembered.
        steps: how many, the longest delay of it.
        copy: 1, or which one it is of several whose text is the same.
        own: whether the first step back is a state of the header (`delay(h', 1)` is `h`).
    """

    what: Expression
    steps: int
    copy: int
    own: bool

    def name(self, k: int) -> str:
        """The name of the state that holds the value of k steps ago."""
        if k == 1 and self.own:
            return str(self.what)[:-1]
        return f"delay({self.what}, {k})" + (f" #{self.copy}" if self.copy > 1 else "")


def memories(u: Unrolled, r: Reach) -> dict[int, Memory]:
    """What each live call of `delay` reads, by the call's id, in the order of writing.

    Calls that delay the same expression share what it remembers, unless it has noise: every written
    call draws its own.

    Raises:
        LanguageError: they remember too much.
    """
    live = set(r.order)
    found: dict[int, Memory] = {}
    shared: dict[Expression, Memory] = {}
    copies: dict[Expression, int] = {}
    total = 0
    for name, round_ in u.equations.items():
        for e in calls(round_.value) if name in live else ():
            if e.function != "delay":
                continue
            what, steps = e.items[0], int(number(e.items[1], {}))
            memory = shared.get(what)
            if memory is None or _has_noise(what):
                copies[what] = copies.get(what, 0) + 1
                own = isinstance(what, Name) and what.name in {f"{s}'" for s in r.states}
                memory = shared[what] = Memory(what, 0, copies[what], own)
            found[id(e)] = memory
            total += max(steps - memory.steps, 0)
            memory.steps = max(steps, memory.steps)
            if total > MOST_REMEMBERED:
                message = f"the delays remember {total} values, more than {MOST_REMEMBERED}"
                raise LanguageError(message, e.at)
    return found


def _has_noise(e: Expression) -> bool:
    return any(c.function in NOISE for c in calls(e))
