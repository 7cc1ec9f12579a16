"""A cell's two programs as one function that torch can derive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from cellsearch.backends.cpu.native import Batch, Code, Given, Native
from cellsearch.derive.gradient import gradient
from cellsearch.derive.program import lower
from cellsearch.derive.saving import decide, with_kept
from cellsearch.ir import Graph, Node


class Compiled:
    """A cell as code: its program and the gradient's, for any sizes.

    Attributes:
        fixed: what each fixed leaf stands for, nodes of the graph.
        noise: the nodes that draw masks, in the order of drawing.
        inputs: their names.
        kept: what the backward program reads of the forward one: its node, and the row's name.
    """

    def __init__(self, graph: Graph, *, training: bool) -> None:
        lowered = lower(graph, training=training)
        backward = gradient(lowered.program)
        saving = decide(lowered.program, backward)
        forward, backward = with_kept(lowered.program, backward, saving)
        self.graph, self.fixed = graph, lowered.fixed
        self.noise = [n for _, n in sorted(lowered.noise.items())]
        self.inputs = tuple(graph.inputs)
        self.forward, self.backward = Code(forward), Code(backward)
        self.kept = {id(n): name for name, n in saving.kept.items()}
        self.d_output = backward.given["d output"]


class Bound:
    """A compiled cell at the sizes of one layer, in one dtype."""

    def __init__(self, compiled: Compiled, sizes: Mapping[str, int], dtype: torch.dtype) -> None:
        self.compiled = compiled
        self.forward = Native(compiled.forward, sizes, dtype)
        self.backward = Native(compiled.backward, sizes, dtype)
        self.output = self.forward.column("output")
        output = compiled.graph.output.type
        self.output_shape = tuple(s.at(sizes) for s in output.sizes) or (1,)
        kept = {i: self.forward.column(name) for i, name in compiled.kept.items()}
        self.kept = {i: c for i, c in kept.items() if c.buffer.leaf is None}
        self.kept_leaves = {i: c.buffer.leaf for i, c in kept.items() if c.buffer.leaf is not None}
        self.saved = [
            b for b in self.forward.lasting if any(c.buffer is b for c in self.kept.values())
        ]

    def carried(self, native: Native, buffers: Mapping[int, Tensor]) -> list[Tensor]:
        """The slots of each state, in the header's order."""
        plan = native.code.plan
        return [buffers[id(plan.places[id(c.leaf)].buffer)] for c in plan.program.carries]

    def given(self, native: Native, v: Values) -> dict[int, Given]:
        """What a program reads of inputs, masks and what is fixed."""
        leaves = [b.leaf for b in native.code.plan.buffers if b.leaf is not None]
        return {id(n): self._given(n, v) for n in leaves if n.op in ("input", "noise", "fixed")}

    def _given(self, n: Node, v: Values) -> Given:
        if n.op == "fixed":
            return Given(v.fixed[int(n.attrs[0])], 0, 0)
        if n.op == "input":
            return Given.whole(v.inputs[self.compiled.inputs.index(str(n.attrs[0]))])
        sites = [int(m.attrs[1]) for m in self.compiled.noise]
        return Given.whole(v.masks[sites.index(int(n.attrs[0]))])


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

    @staticmethod
    def of(compiled: Compiled, flat: Sequence[Tensor]) -> Values:
        """The same, from `flat`."""
        rest = iter(flat)
        parts = (compiled.inputs, compiled.noise, compiled.graph.states, compiled.fixed)
        return Values(*([next(rest) for _ in part] for part in parts))


def run(bound: Bound, batch: Batch, values: Values) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Outputs [T · B, …] and final states, with a gradient."""
    output, *states = _Run.apply(bound, batch, *values.flat())  # type: ignore[no-untyped-call]
    return output, tuple(states)


class _Run(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, bound: Bound, batch: Batch, *flat: Tensor) -> tuple[Tensor, ...]:
        v = Values.of(bound.compiled, flat)
        native = bound.forward
        buffers = native.buffers(batch)
        slots = bound.carried(native, buffers)
        for s, start in zip(slots, v.states, strict=True):
            s[: batch.size] = start.reshape(batch.size, -1)
        native.call(batch, buffers, bound.given(native, v))
        last = batch.last_slots()
        after = [s[last].reshape(a.shape) for s, a in zip(slots, v.states, strict=True)]
        if batch.lengths is None:
            after = [a.clone() for a in after]
        output = _output(bound, batch, buffers)
        # The output is saved so that a change of it in place, which is one of its buffer, is seen.
        ctx.save_for_backward(*flat, *(buffers[id(b)] for b in bound.saved), output)
        ctx.bound, ctx.batch = bound, batch
        return (output, *after)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, d_output: Tensor, *d_after: Tensor) -> tuple[Tensor | None, ...]:
        bound, batch = ctx.bound, ctx.batch
        count = len(ctx.saved_tensors) - len(bound.saved) - 1
        flat, saved = ctx.saved_tensors[:count], ctx.saved_tensors[count:-1]
        v = Values.of(bound.compiled, flat)
        native = bound.backward
        buffers = native.buffers(batch)
        slots = bound.carried(native, buffers)
        last = batch.last_slots()
        for s, d in zip(slots, d_after, strict=True):
            s[last] = d.reshape(batch.size, -1)
        given = bound.given(native, v) | _kept(bound, batch, v, saved)
        given[id(bound.compiled.d_output)] = Given.whole(d_output.contiguous())
        gradients, sums = native.call(batch, buffers, given)
        d_inputs = [_input(native, buffers, n, x) for n, x in zip(bound.compiled.inputs, v.inputs)]
        d_states = [s[: batch.size].reshape(a.shape) for s, a in zip(slots, v.states)]
        d_fixed = _fixed(native, gradients, sums, v.fixed)
        return (None, None, *d_inputs, *(None for _ in v.masks), *d_states, *d_fixed)


def _output(bound: Bound, batch: Batch, buffers: Mapping[int, Tensor]) -> Tensor:
    """The rows of the output, in the buffer where they were made."""
    c = bound.output
    whole = buffers[id(c.buffer)]
    # No view, which a custom function may not return if it is to be changed in place.
    start = c.start + c.view * batch.size * c.distance
    shape = (batch.steps * batch.size, *bound.output_shape)
    flat = torch.empty(0, dtype=whole.dtype).set_(  # type: ignore[no-untyped-call]
        whole.untyped_storage(), start, (shape[0], c.distance)
    )
    return flat.reshape(shape)


def _kept(
    bound: Bound, batch: Batch, v: Values, saved: Sequence[Tensor]
) -> dict[int, Given]:
    """What the forward program left for the backward one."""
    buffers = {id(b): s for b, s in zip(bound.saved, saved, strict=True)}
    out = {
        i: Given(buffers[id(c.buffer)], c.start + c.view * batch.size * c.distance, c.distance)
        for i, c in bound.kept.items()
    }
    return out | {i: bound._given(leaf, v) for i, leaf in bound.kept_leaves.items()}


def _input(
    native: Native, buffers: Mapping[int, Tensor], name: str, x: Tensor
) -> Tensor | None:
    if f"d {name}" not in native.code.plan.program.rows:
        return None
    return buffers[id(native.column(f"d {name}").buffer)].reshape(x.shape)


def _fixed(
    native: Native, gradients: list[Tensor], sums: list[Tensor], values: Sequence[Tensor]
) -> list[Tensor | None]:
    out: list[Tensor | None] = [None] * len(values)

    def add(leaf: Node, g: Tensor) -> None:
        k = int(leaf.attrs[0])
        g, known = g.reshape(values[k].shape), out[k]
        out[k] = g if known is None else known + g

    code = native.code.emitter
    for run, widths, g in zip(code.gradients(), native.layout.gradients, gradients, strict=True):
        for leaf, part in zip(run, g.split(widths), strict=True):
            add(leaf, part)
    for t, s in zip(code.totals, sums, strict=True):
        add(t.leaf, s.sum(0) if len(s) > 1 else s[0])
    return out
