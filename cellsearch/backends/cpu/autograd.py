"""A cell's two programs as one function that torch can derive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from cellsearch.backends.cpu.layout import Column
from cellsearch.backends.cpu.native import Batch, Code, Native, build
from cellsearch.derive.passes import passes
from cellsearch.ir import Graph, Node


class Compiled:
    """A cell as code: its program and the gradient's, for any sizes.

    Attributes:
        fixed: what each fixed leaf stands for, nodes of the graph.
        noise: the nodes that draw masks, in the order of drawing.
        inputs: their names.
        first_state, first_fixed, values: of all values, the number of the first state and of the
            first that is fixed, and how many there are.
        kept: what the backward program reads of the forward one: its node, and the row's name.
    """

    def __init__(self, graph: Graph, *, training: bool) -> None:
        planned = passes(graph, training=training)
        lowered = planned.lowered
        self.graph, self.fixed = graph, lowered.fixed
        self.noise = [n for _, n in sorted(lowered.noise.items())]
        self.inputs = tuple(graph.inputs)
        self.forward, self.backward = Code(planned.forward), Code(planned.backward)
        self.kept = {id(n): name for name, n in planned.saving.kept.items()}
        self.d_output = planned.d_output
        self.first_state = len(self.inputs) + len(self.noise)
        self.first_fixed = self.first_state + len(graph.states)
        self.values = self.first_fixed + len(self.fixed)

    def number(self, n: Node) -> int:
        """Which of all values a leaf is: inputs, masks, states, then what is fixed."""
        if n.op == "input":
            return self.inputs.index(str(n.attrs[0]))
        if n.op == "noise":
            sites = [int(m.attrs[1]) for m in self.noise]
            return len(self.inputs) + sites.index(int(n.attrs[0]))
        assert n.op == "fixed"
        return self.first_fixed + int(n.attrs[0])


class Bound:
    """A compiled cell at the sizes of one layer, in one dtype.

    Attributes:
        forward: its program; `backward`: the gradient's.
        read: for each leaf of the forward program, which of all values it is.
        saved: which of the forward program's buffers the backward one reads.
        read_back: for each leaf of the backward program, which it is of all values, then what is
            saved, then the output's adjoint.
        slots: for each state, the buffer that holds it; `slots_back`: that of its adjoint.
        d_inputs: for each input the buffer of its adjoint, if it is read at all.
        output: where its rows stand, in `output_buffer`, each of `output_shape`.
        parts: of all gradients, one after another: how many numbers, of which fixed value, and
            whether it is one of filters.
    """

    def __init__(self, compiled: Compiled, sizes: Mapping[str, int], dtype: torch.dtype) -> None:
        self.compiled = compiled
        build([compiled.forward, compiled.backward], dtype)
        self.forward = Native(compiled.forward, sizes, dtype)
        kept = {i: self.forward.column(name) for i, name in compiled.kept.items()}
        self.backward = Native(compiled.backward, sizes, dtype, lambda n: _in_rows(kept.get(id(n))))
        lasting = {id(b): k for k, b in enumerate(self.forward.lasting)}
        used = {lasting[id(c.buffer)] for c in kept.values() if c.buffer.leaf is None}
        self.saved = sorted(used)
        self.read = [compiled.number(n) for n in self.forward.leaves]
        self.read_back = [
            self._number_back(n, kept.get(id(n)), lasting) for n in self.backward.leaves
        ]
        self.slots = _slots(self.forward)
        self.slots_back = _slots(self.backward)
        rows = {id(b): k for k, b in enumerate(self.backward.lasting)}
        self.d_inputs = [
            rows[id(self.backward.column(f"d {x}").buffer)]
            if f"d {x}" in compiled.backward.plan.program.rows
            else None
            for x in compiled.inputs
        ]
        self.parts = _parts(self.backward)
        self.output = self.forward.column("output")
        self.output_buffer = lasting[id(self.output.buffer)]
        self.output_shape = tuple(s.at(sizes) for s in compiled.graph.output.type.sizes) or (1,)

    def _number_back(self, n: Node, kept: Column | None, lasting: Mapping[int, int]) -> int:
        if n is self.compiled.d_output:
            return self.compiled.values + len(self.saved)
        if kept is None:
            return self.compiled.number(n)
        if kept.buffer.leaf is not None:
            return self.compiled.number(kept.buffer.leaf)
        return self.compiled.values + self.saved.index(lasting[id(kept.buffer)])


def _in_rows(c: Column | None) -> Column | None:
    return c if c is not None and c.buffer.leaf is None else None


def _slots(native: Native) -> list[int]:
    """The buffer of each carry, in the header's order."""
    plan = native.code.plan
    number = {id(b): k for k, b in enumerate(native.lasting)}
    return [number[id(plan.places[id(c.leaf)].buffer)] for c in plan.program.carries]


@dataclass(frozen=True)
class Values:
    """The tensors that a cell runs on."""

    inputs: Sequence[Tensor]
    masks: Sequence[Tensor]
    states: Sequence[Tensor]
    fixed: Sequence[Tensor]

    def flat(self) -> Iterable[Tensor]:
        """All of them."""
        return (*self.inputs, *self.masks, *self.states, *self.fixed)


def run(bound: Bound, batch: Batch, values: Values) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Outputs [T · B, …] and final states, with a gradient."""
    output, *states = _Run.apply(bound, batch, *values.flat())  # type: ignore[no-untyped-call]
    return output, tuple(states)


class _Run(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, bound: Bound, batch: Batch, *flat: Tensor) -> tuple[Tensor, ...]:
        native, first = bound.forward, bound.compiled.first_state
        buffers = native.buffers(batch)
        slots = [buffers[k] for k in bound.slots]
        states = flat[first : first + len(slots)]
        for s, start in zip(slots, states, strict=True):
            s[: batch.size] = start.flatten(1)
        native.call(batch, buffers, [flat[i] for i in bound.read])
        last = batch.last_slots()
        after = [s[last].view_as(a) for s, a in zip(slots, states, strict=True)]
        if batch.lengths is None:
            after = [a.clone() for a in after]
        output = _output(bound, batch, buffers[bound.output_buffer])
        # The output is saved so that a change of it in place, which is one of its buffer, is seen.
        ctx.save_for_backward(*flat, *(buffers[k] for k in bound.saved), output)
        ctx.bound, ctx.batch = bound, batch
        return (output, *after)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_output: Tensor, *d_after: Tensor) -> tuple[Tensor | None, ...]:
        bound, batch = ctx.bound, ctx.batch
        native, compiled = bound.backward, bound.compiled
        *values, _ = ctx.saved_tensors
        values.append(d_output.contiguous())
        buffers = native.buffers(batch)
        slots = [buffers[k] for k in bound.slots_back]
        last = batch.last_slots()
        for s, d in zip(slots, d_after, strict=True):
            s[last] = d.flatten(1)
        totals = native.totals(batch)
        native.call(batch, buffers, [values[i] for i in bound.read_back], totals)
        first, fixed = compiled.first_state, compiled.first_fixed
        d_inputs = [
            None if k is None else buffers[k].view_as(x)
            for k, x in zip(bound.d_inputs, values, strict=False)
        ]
        d_masks = [None for _ in compiled.noise]
        states = values[first:fixed]
        d_states = [s[: batch.size].view_as(a) for s, a in zip(slots, states, strict=True)]
        d_fixed = _fixed(bound.parts, native.parts(totals), values[fixed : compiled.values])
        return (None, None, *d_inputs, *d_masks, *d_states, *d_fixed)


def _output(bound: Bound, batch: Batch, buffer: Tensor) -> Tensor:
    """The rows of the output, in the buffer where they were made."""
    c = bound.output
    start = c.start + c.view * batch.size * c.distance
    # No view, which a custom function may not return if it is to be changed in place.
    rows = torch.empty(0, dtype=buffer.dtype)
    rows.set_(buffer.untyped_storage(), start, (batch.steps * batch.size, c.distance))  # type: ignore[call-overload]
    return rows if len(bound.output_shape) == 1 else rows.reshape(-1, *bound.output_shape)


def _parts(native: Native) -> list[tuple[int, int, bool]]:
    """See `Bound`."""
    layout, job = native.layout, native.code.job
    out = []
    for (run, o), widths in zip(job.gradients().items(), layout.gradients, strict=True):
        filters = bool(o.form) and o.form[0] == "conv"
        out += [(n, int(leaf.attrs[0]), filters) for leaf, n in zip(run, widths, strict=True)]
    totals = zip(job.totals, layout.totals, strict=True)
    return out + [(n, int(t.leaf.attrs[0]), False) for t, n in totals]


def _fixed(
    parts: Sequence[tuple[int, int, bool]], gradients: Sequence[Tensor], values: Sequence[Tensor]
) -> list[Tensor | None]:
    """The gradients of what is fixed, each of which may have several parts."""
    out: list[Tensor | None] = [None] * len(values)
    for (_, k, filters), part in zip(parts, gradients, strict=True):
        g = part if values[k].dim() == 1 else _shaped(part, values[k], filters)
        known = out[k]
        out[k] = g if known is None else known + g
    return out


def _shaped(part: Tensor, like: Tensor, filters: bool) -> Tensor:
    """A gradient in the shape of the weight; that of filters has the columns last."""
    if not filters:
        return part.view(like.shape)
    rows, columns, *side = like.shape
    return part.view(rows, *side, columns).permute(0, 3, 1, 2)
