"""Eager torch, any dtype, any cell: the backend that every other one is held against.

A value has no batch where it depends on weights alone ("fixed"); is computed for all rows at once
where it depends on inputs ("hoisted"); else step by step. Gradients are autograd's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from cellsearch.backends.base import Noise, Rows, Runner, States
from cellsearch.backends.noise import drawn, mask
from cellsearch.backends.operations import Context, Operation, Operations, with_rows
from cellsearch.backends.taps import Tape
from cellsearch.derive.timing import FIXED, HOISTED, STEPWISE, timing
from cellsearch.ir import Graph, Node


@dataclass(frozen=True)
class Instruction:
    """`values[out] = run(context, *values[args])`."""

    run: Operation
    args: tuple[int, ...]
    out: int


class ReferenceBackend:
    """See the module."""

    name = "reference"

    def prepare(
        self, graph: Graph, sizes: Mapping[str, int], space: tuple[int, ...] = ()
    ) -> Runner:
        """A runner of the graph at these sizes."""
        return ReferenceRunner(graph, sizes, space)


class ReferenceRunner:
    """A runner that can write down what a graph's taps name."""

    def __init__(self, graph: Graph, sizes: Mapping[str, int], space: tuple[int, ...]) -> None:
        self.graph = graph
        self.index = {id(n): i for i, n in enumerate(graph.nodes)}
        self.group = timing(graph)
        batched = {i: g != FIXED for i, g in self.group.items()}
        self.operations = Operations(graph, sizes, space, batched)
        self.programs = [self._program(g) for g in (FIXED, HOISTED, STEPWISE)]
        self.is_batched = [self.group[id(n)] != FIXED for n in graph.nodes]
        self.output = self.index[id(graph.output)]
        self.next = [self.index[id(s.next)] for s in graph.states]
        self.leaves = {
            (n.op, str(n.attrs[0])): self.index[id(n)]
            for n in graph.nodes
            if n.op in ("input", "state", "weight")
        }
        self.per_step = self._hoisted_that_steps_read()

    def _program(self, group: int) -> list[Instruction]:
        return [
            Instruction(
                self.operations.of(n),
                tuple(self.index[id(a)] for a in reads(n)),
                self.index[id(n)],
            )
            for n in graph_operations(self.graph)
            if self.group[id(n)] == group
        ]

    def _hoisted_that_steps_read(self) -> list[int]:
        read = {i for instruction in self.programs[STEPWISE] for i in instruction.args}
        read |= {self.output, *self.next}
        hoisted = {self.index[k] for k, g in self.group.items() if g == HOISTED}
        return sorted(read & hoisted)

    def __call__(
        self,
        weights: Mapping[str, Tensor],
        rows: Rows,
        states: States,
        noise: Noise,
        tape: Tape | None = None,
    ) -> tuple[Tensor, States]:
        """See `Runner`; `tape`: where taps write."""
        like = next(iter(rows.inputs.values()))
        context = Context(noise, len(like), like, tape=tape)
        context.masks = self._masks(context)
        values: list[Tensor] = [like] * len(self.index)
        for name, weight in weights.items():
            if ("weight", name) in self.leaves:
                values[self.leaves["weight", name]] = self.operations.in_plane(weight)
        for name, x in rows.inputs.items():
            if ("input", name) in self.leaves:
                values[self.leaves["input", name]] = x
        _execute(self.programs[FIXED], values, context)
        _execute(self.programs[HOISTED], values, context)
        return self._steps(values, rows, states, context)

    def _masks(self, context: Context) -> dict[int, Tensor]:
        """Masks of all rows, by the site that draws them."""
        return {
            int(n.attrs[1]): mask(
                n, (context.rows, *self.operations.row_shape(n)), context.like, context.noise
            )
            for n in drawn(self.graph.nodes)
            if context.noise.training
        }

    def _steps(
        self, values: list[Tensor], rows: Rows, states: States, context: Context
    ) -> tuple[Tensor, States]:
        parts = {i: torch.split(values[i], list(rows.counts)) for i in self.per_step}
        masks = {site: torch.split(m, list(rows.counts)) for site, m in context.masks.items()}
        slots = [self.leaves.get(("state", s.name)) for s in self.graph.states]
        finished: list[States] = []
        outputs: list[Tensor] = []
        for t, count in enumerate(rows.counts):
            if count < len(states[0]):
                finished.append(tuple(s[count:] for s in states))
                states = tuple(s[:count] for s in states)
            for slot, state in zip(slots, states, strict=True):
                if slot is not None:
                    values[slot] = state
            for i, part in parts.items():
                values[i] = part[t]
            context.t, context.rows = t, count
            context.masks = {site: m[t] for site, m in masks.items()}
            _execute(self.programs[STEPWISE], values, context)
            outputs.append(self._batched(values, self.output, count))
            states = tuple(self._batched(values, i, count) for i in self.next)
        return torch.cat(outputs), _rejoined(states, finished)

    def _batched(self, values: list[Tensor], i: int, count: int) -> Tensor:
        return (
            values[i] if self.is_batched[i] else with_rows(values[i], count, self.operations.scalar)
        )


def graph_operations(graph: Graph) -> list[Node]:
    """The nodes that are computed: no leaves, no matrix that only its product reads."""
    read = {id(a) for n in graph.nodes for a in reads(n)}
    read |= {id(graph.output), *(id(s.next) for s in graph.states)}
    leaves = ("input", "state", "weight")
    return [n for n in graph.nodes if n.op not in leaves and id(n) in read]


def reads(n: Node) -> tuple[Node, ...]:
    """What an operation reads; a product with blocks or filters reads the weight itself."""
    if n.op == "matmul" and n.args[0].op in ("block", "conv"):
        return (n.args[0].args[0], n.args[1])
    return n.args


def _execute(program: list[Instruction], values: list[Tensor], context: Context) -> None:
    for i in program:
        values[i.out] = i.run(context, *[values[a] for a in i.args])


def _rejoined(states: States, finished: list[States]) -> States:
    """Final states of all sequences: those that ended last stand first."""
    ordered = [states, *reversed(finished)]
    return tuple(torch.cat(parts) for parts in zip(*ordered, strict=True)) if finished else states
