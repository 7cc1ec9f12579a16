"""A cell at sizes given on the command line, and what it costs there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellsearch.errors import ConfigError

if TYPE_CHECKING:
    from cellsearch.derive.cost import Cost
    from cellsearch.ir import Cell, Graph

# Where no size is given.
COMMON = 128


@dataclass(frozen=True)
class Sized:
    """A cell's graph where H and the widths of its inputs are given, and its counted cost."""

    graph: Graph
    widths: dict[str, int]
    hidden: int
    cost: Cost


def sized(cell: Cell, inputs: Sequence[str], hidden: int) -> Sized:
    """The cell at H = `hidden` and these inputs: `64` for every input, or `name=64` for one.

    Raises:
        ConfigError: an input that the cell does not have, or a size that is no whole number.
        LanguageError: the cell is wrong, or cannot have these sizes.
    """
    from cellsearch.derive.cost import count
    from cellsearch.ir import elaborate

    widths = widths_of(cell, inputs)
    graph = elaborate(cell, {"H": hidden, "X": widths[cell.inputs[0]]})
    return Sized(graph, widths, hidden, count(graph, widths, hidden))


def costs(found: Sized) -> list[tuple[str, int, str]]:
    """What it costs: the name of each count, the count, and its unit."""
    cost = found.cost
    return [
        ("parameters", cost.parameters, ""),
        ("FLOPs, forward", cost.flops_forward, "per token, of matrix products"),
        ("FLOPs, training", cost.flops_training, "three times that"),
        ("elementwise", cost.elementwise, "operations per token"),
        ("state", cost.state_size, "numbers carried from step to step"),
        ("sequential depth", cost.sequential_depth, "matrix products that wait for each other"),
    ]


def widths_of(cell: Cell, inputs: Sequence[str]) -> dict[str, int]:
    """The width of each input: `64` for every one, or `name=64` for one.

    Raises:
        ConfigError: an input that the cell does not have, or a size that is no whole number.
    """
    widths = dict.fromkeys(cell.inputs, COMMON)
    for text in inputs:
        name, sign, size = text.partition("=") if "=" in text else ("", "", text)
        if sign and name not in widths:
            its = "its input is" if len(widths) == 1 else "its inputs are"
            raise ConfigError(f"'{cell.name}' has no input '{name}'; {its} {', '.join(widths)}")
        widths |= dict.fromkeys([name] if sign else widths, _size(text, size))
    return widths


def _size(text: str, size: str) -> int:
    if not size.isdecimal() or int(size) < 1:
        message = "expected a width of 1 or more, as in 128 or x=128; --input may be repeated"
        raise ConfigError(f"--input {text}: {message}")
    return int(size)
