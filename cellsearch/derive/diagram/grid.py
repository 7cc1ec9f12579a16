"""Columns of places: items, and the points where a line passes a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cellsearch.derive.diagram.figure import Figure

# What enters from below or leaves above stands in no column.
OUTSIDE = frozenset({"input", "output"})


class Spot(NamedTuple):
    """A place in a column: an item, or a line that passes (the line of the item `net`)."""

    rank: int
    net: int
    passes: bool = False


@dataclass
class Grid:
    """The figure in columns.

    Attributes:
        columns: spots from the left to the right, each column from top to bottom.
        after: for each spot, those of the next column that its line goes on to.
        before: for each spot, those of the column before whose lines come to it.
    """

    columns: list[list[Spot]]
    after: dict[Spot, list[Spot]] = field(default_factory=dict)
    before: dict[Spot, list[Spot]] = field(default_factory=dict)


def grid(figure: Figure, ranks: Sequence[int]) -> Grid:
    """The columns, in the order in which items were read."""
    columns: list[list[Spot]] = [[] for _ in range(max(ranks) + 1)]
    found = Grid(columns)
    for i, reads in figure.sinks().items():
        columns[ranks[i]].append(Spot(ranks[i], i))
        end = max((ranks[j] for j, _ in reads), default=0)
        for rank in range(ranks[i] + 1, end):
            columns[rank].append(Spot(rank, i, passes=True))
    for i, reads in figure.sinks().items():
        for j in dict.fromkeys(j for j, _ in reads):
            _join(found, _line(i, ranks[i], ranks[j]), Spot(ranks[j], j))
    return found


def line_at(net: int, start: int, rank: int) -> Spot:
    """Where an item's line stands in a column: at the item itself, or passing."""
    return Spot(rank, net, passes=rank > start)


def _line(net: int, start: int, end: int) -> list[Spot]:
    return [line_at(net, start, rank) for rank in range(start, end)]


def _join(found: Grid, line: list[Spot], end: Spot) -> None:
    for a, b in zip(line, [*line[1:], end], strict=True):
        if b not in found.after.setdefault(a, []):
            found.after[a].append(b)
            found.before.setdefault(b, []).append(a)
