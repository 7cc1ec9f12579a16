"""What DARTS and ENAS share: highway steps s + sigmoid(t) * (f(u) - s) in a tree, and their mean.

[u, t] is one product of [x, h] at the first step, of an earlier step's s at the others. There are
no biases.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from cellsearch.errors import LanguageError, nearest
from cellsearch.ir import Cell
from cellsearch.lang.cells import parse_cell
from cellsearch.lang.foreign.names import shown

FUNCTIONS = ("tanh", "relu", "identity", "sigmoid")
MOST_STEPS = 100


@dataclass(frozen=True)
class Highway:
    """A cell of highway steps.

    Attributes:
        first: the function of step 0, which reads the input and the state.
        steps: of step 1 and on, the function and the step that is read.
        outputs: the steps whose mean is the new state.
    """

    first: str
    steps: tuple[tuple[str, int], ...]
    outputs: tuple[int, ...]

    @property
    def loose(self) -> tuple[int, ...]:
        """The steps that no other reads."""
        read = {before for _, before in self.steps}
        return tuple(i for i in range(len(self.steps) + 1) if i not in read)

    def cell(self, name: str, source: str) -> Cell:
        """The cell; steps that the outputs do not need are left out, as they change nothing.

        Raises:
            LanguageError: a step has an unknown function or reads no earlier one; too many steps.
        """
        self.check()
        live = self._live()
        dead = [f"s{i}" for i in range(len(self.steps) + 1) if i not in live]
        lines = [f"# {source}"]
        if dead:
            lines.append(f"# Left out, for the output does not need them: {', '.join(dead)}.")
        lines += [f"cell {name}(x; h)", *(f"    {line}" for line in self._lines(live))]
        return parse_cell("\n".join(lines))

    def check(self) -> None:
        """Refuse what no cell can be made of, as `cell` does."""
        most = max(len(self.steps), len(self.outputs) - 1)
        if most > MOST_STEPS:
            raise LanguageError(f"got {most} steps, expected at most {MOST_STEPS}")
        for i, (function, before) in enumerate(self.steps, 1):
            check_function(i, function)
            check_step(f"the step s{i}", before, i)
        for i in self.outputs:
            check_step("the output", i, len(self.steps) + 1)

    def _live(self) -> set[int]:
        live = set(self.outputs)
        for i in range(len(self.steps), 0, -1):
            if i in live:
                live.add(self.steps[i - 1][1])
        return live

    def _lines(self, live: Collection[int]) -> Iterator[str]:
        u = _applied(self.first, "Wu0 @ x + Uu0 @ h")
        yield f"s0 = h + sigmoid(Wt0 @ x + Ut0 @ h) * ({u} - h)"
        for i, (function, before) in enumerate(self.steps, 1):
            if i in live:
                s, u = f"s{before}", _applied(function, f"Uu{i} @ s{before}")
                yield f"s{i} = {s} + sigmoid(Ut{i} @ {s}) * ({u} - {s})"
        total = " + ".join(f"s{i}" for i in self.outputs)
        yield f"h' = ({total}) / {len(self.outputs)}" if len(self.outputs) > 1 else f"h' = {total}"


def _applied(function: str, u: str) -> str:
    return u if function == "identity" else f"{function}({u})"


def check_function(step: int, function: object) -> None:
    """Refuse what is none of the four functions."""
    if function not in FUNCTIONS:
        near = nearest(function, FUNCTIONS) if isinstance(function, str) else ""
        known = ", ".join(FUNCTIONS)
        message = f"the step s{step} has the function '{shown(function)}', expected one of {known}"
        raise LanguageError(f"{message}{near}")


def check_step(what: str, i: int, end: int) -> None:
    """Refuse the number of a step that is not there yet."""
    if not 0 <= i < end:
        span = f"0 to {end - 1}" if end > 1 else "0"
        raise LanguageError(f"{what} reads step {shown(i)}, expected {span}")
