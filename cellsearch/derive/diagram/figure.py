"""What is drawn of a cell: items that are joined, before anything has a place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from cellsearch.derive.diagram.words import Words

Kind = Literal[
    "state",
    "input",
    "new state",
    "output",
    "gate",
    "activation",
    "linear",
    "sum",
    "function",
    "product",
    "noise",
    "mix",
    "times",
    "plus",
    "over",
    "other",
    "constant",
]
ENDS = frozenset({"state", "input", "new state", "output", "constant"})
OPERATIONS = frozenset({"times", "plus", "over", "other"})


@dataclass(frozen=True)
class Inlet:
    """Where an item is entered.

    Attributes:
        source: the number of the item that it comes from.
        mark: what is written there: a sign, a factor, a share.
        main: whether the line goes straight on through the item.
        rail: whether it carries a state on its way to its new value.
    """

    source: int
    mark: Words = ()
    main: bool = False
    rail: bool = False


@dataclass(frozen=True)
class Item:
    """One thing that is drawn.

    Attributes:
        name: the equation's, where it is worth a word.
        sign: the function of a gate or an activation, the sign of an operation.
        text: what it computes, in words of its inlets.
    """

    kind: Kind
    inlets: tuple[Inlet, ...] = ()
    name: Words = ()
    sign: Words = ()
    text: Words = ()


@dataclass(frozen=True)
class Figure:
    """A cell's items, each after those that it reads, and which new state belongs to which state.

    Attributes:
        rails: pairs of a state and its new value, in the cell's order.
        notes: what names of weights alone stand for, which have no items.
    """

    name: str
    items: tuple[Item, ...]
    rails: tuple[tuple[int, int], ...]
    notes: tuple[Words, ...] = ()

    @cached_property
    def carried(self) -> frozenset[int]:
        """The items whose lines are part of the way from a state to its new value."""
        return frozenset(k.source for item in self.items for k in item.inlets if k.rail)

    def sinks(self) -> dict[int, list[tuple[int, int]]]:
        """For each item, the items that read it and at which inlet."""
        found: dict[int, list[tuple[int, int]]] = {i: [] for i in range(len(self.items))}
        for i, item in enumerate(self.items):
            for k, inlet in enumerate(item.inlets):
                found[inlet.source].append((i, k))
        return found
