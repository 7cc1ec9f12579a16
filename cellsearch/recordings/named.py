"""What a cell has that can be recorded: its states, its output, its gates."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cellsearch.derive.ranges import Interval, ranges
from cellsearch.nn.rnn import RNN
from cellsearch.recorded import StateFacts
from cellsearch.recordings.gates import gate_names


@dataclass(frozen=True)
class Named:
    """Names of lines and states, in the order of computation.

    Attributes:
        carried: states by the names that they have before a step.
        states: those, with the ends that are foretold.
        new: the names of their values after a step, where they have one.
        put_out: the states whose new value is the output.
        output: of the cells; None where it is the same at every step.
        gates: equations between 0 and 1.
    """

    carried: tuple[str, ...]
    states: tuple[StateFacts, ...]
    new: tuple[str, ...]
    put_out: tuple[str, ...]
    output: str | None
    gates: tuple[str, ...]

    @classmethod
    def of(cls, cells: RNN) -> Named:
        """What these cells have."""
        graph, known = cells.graph, cells.recordable
        foretold = ranges(graph, cells.sizes)
        carried = tuple(s.name for s in graph.states if s.name in known)
        output = cells.cell.output
        return cls(
            carried=carried,
            states=tuple(_facts(s, foretold) for s in carried),
            new=tuple(f"{s}'" for s in carried if f"{s}'" in known),
            put_out=tuple(s.name for s in graph.states if s.next is graph.output),
            output=output if output in known else None,
            gates=tuple(g for g in gate_names(graph, foretold) if g in known),
        )

    @property
    def flowing(self) -> tuple[str, ...]:
        """What gradient flow needs: nothing where none is injected, or nothing carried."""
        return (*self.carried, self.output) if self.carried and self.output else ()

    @property
    def all(self) -> tuple[str, ...]:
        """What the recordings at each point need, each once."""
        return tuple(dict.fromkeys([*self.carried, *self.flowing, *self.gates]))


def _facts(name: str, foretold: dict[str, Interval]) -> StateFacts:
    # Of the state before a step: the start is recorded, too.
    ends = foretold[name]
    return StateFacts(name=name, low=_end(ends.low), high=_end(ends.high))


def _end(value: float) -> float | None:
    return value if math.isfinite(value) else None
