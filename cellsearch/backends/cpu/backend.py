"""Any cell, compiled for the processor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from cellsearch.backends.base import Noise, Rows, Runner, States
from cellsearch.backends.cpu.run import Code, Sized, _longs
from cellsearch.backends.fixed import Fixed
from cellsearch.derive.gradient import gradient
from cellsearch.derive.program import lower
from cellsearch.derive.saving import decide, with_kept
from cellsearch.ir import Graph


class CpuBackend:
    """See the module."""

    name = "cpu"

    def prepare(
        self, graph: Graph, sizes: Mapping[str, int], space: tuple[int, ...] = ()
    ) -> Runner:
        """A runner of the graph at these sizes."""
        return _Runner(graph, sizes, space)


class Compiled:
    """A cell's two programs."""

    def __init__(self, graph: Graph, training: bool) -> None:
        self.lowered = lower(graph, training=training)
        forward = self.lowered.program
        backward = gradient(forward)
        saving = decide(forward, backward)
        forward, backward = with_kept(forward, backward, saving)
        self.forward, self.backward = Code(forward), Code(backward)
        self.given = {id(n): name for name, n in backward.given.items() if name != "d output"}
        self.d_output = backward.given["d output"]


@dataclass
class _Shapes:
    steps: int
    batch: int
    counts: Any
    threads: int
    lengths: Tensor | None


class _Runner:
    def __init__(self, graph: Graph, sizes: Mapping[str, int], space: tuple[int, ...]) -> None:
        self.graph, self.sizes, self.space = graph, sizes, space
        self.noisy = any(n.op in ("dropout", "zoneout") for n in graph.nodes)
        self.made: dict[bool, tuple[Compiled, Fixed]] = {}
        self.sized: dict[tuple[bool, torch.dtype], tuple[Sized, Sized]] = {}

    def _compiled(self, training: bool) -> tuple[Compiled, Fixed]:
        if training not in self.made:
            c = Compiled(self.graph, training)
            self.made[training] = c, Fixed(self.graph, c.lowered.fixed, self.sizes, self.space)
        return self.made[training]

    def _sized(self, training: bool, dtype: torch.dtype) -> tuple[Sized, Sized]:
        key = training, dtype
        if key not in self.sized:
            c, _ = self._compiled(training)
            self.sized[key] = tuple(Sized(code, self.sizes, dtype) for code in (c.forward, c.backward))  # type: ignore[assignment]
        return self.sized[key]

    def __call__(
        self, weights: Mapping[str, Tensor], rows: Rows, states: States, noise: Noise
    ) -> tuple[Tensor, States]:
        training = noise.training and self.noisy
        compiled, fixed = self._compiled(training)
        like = next(iter(rows.inputs.values()))
        sized = self._sized(training, like.dtype)
        counts = list(rows.counts)
        steps, batch = len(counts), counts[0]
        index = None
        lengths = None
        if counts[-1] != batch:
            c = torch.tensor(counts)
            live = torch.arange(batch)[None] < c[:, None]
            index = live.flatten().nonzero()[:, 0]
            lengths = live.sum(0)
        shapes = _Shapes(steps, batch, _longs(counts), torch.get_num_threads(), lengths)
        inputs = [self._dense(rows.inputs[n], index, steps * batch) for n in self.graph.inputs]
        values = [v.contiguous() for v in fixed(weights, like, noise)]
        masks: list[Tensor] = []
        out, *after = _Run.apply(compiled, sized, shapes, self, len(inputs), len(masks), len(states), *inputs, *masks, *states, *values)
        out = out if index is None else out[index]
        return out, tuple(after)

    @staticmethod
    def _dense(x: Tensor, index: Tensor | None, rows: int) -> Tensor:
        if index is None:
            return x.contiguous()
        return x.new_zeros(rows, *x.shape[1:]).index_copy(0, index, x)


class _Run(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, compiled: Compiled, sized: tuple[Sized, Sized], shapes: _Shapes, runner: _Runner, k_inputs: int, k_masks: int, k_states: int, *tensors: Tensor) -> tuple[Tensor, ...]:  # type: ignore[override]
        code, s = compiled.forward, sized[0]
        T, B = shapes.steps, shapes.batch
        inputs = tensors[:k_inputs]
        states = tensors[k_inputs + k_masks : k_inputs + k_masks + k_states]
        values = tensors[k_inputs + k_masks + k_states :]
        buffers = s.buffers(T, B, shapes.lengths is not None)
        plan = code.plan
        for c, state in zip(plan.program.carries, states, strict=True):
            buffers[id(plan.places[id(c.leaf)].buffer)][:B] = state.reshape(B, -1)
        leaves = _leaves(plan, dict(zip(runner.graph.inputs, inputs, strict=True)), values)
        s.call(T, B, shapes.counts, shapes.threads, buffers, leaves)
        column = s.layout.column(code.place_of("output"))
        whole = buffers[id(column.buffer)]
        output = torch.empty(0, dtype=whole.dtype).set_(
            whole.untyped_storage(), column.start + column.view * B * column.ld, (T * B, *_shape(code, sized[0])), _strides(code, s, column.ld))
        finals = []
        for c, state in zip(plan.program.carries, states, strict=True):
            slots = buffers[id(plan.places[id(c.leaf)].buffer)]
            if shapes.lengths is None:
                last = slots[T * B :].clone()
            else:
                last = slots[shapes.lengths * B + torch.arange(B)]
            finals.append(last.reshape(state.shape))
        order = [b for b in plan.buffers if b.leaf is None and b.name != "work" and b.kind != "step"]
        ctx.save_for_backward(*tensors, output, *(buffers[id(b)] for b in order))
        ctx.order = order
        ctx.rest = compiled, sized, shapes, runner, k_inputs, k_masks, k_states
        return (output, *finals)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_output: Tensor, *d_finals: Tensor) -> Any:  # type: ignore[override]
        compiled, sized, shapes, runner, k_inputs, k_masks, k_states = ctx.rest
        n = len(ctx.saved_tensors) - len(ctx.order) - 1
        tensors, saved = ctx.saved_tensors[:n], ctx.saved_tensors[n + 1 :]
        T, B = shapes.steps, shapes.batch
        forward = dict(zip(map(id, ctx.order), saved, strict=True))
        inputs = tensors[:k_inputs]
        states = tensors[k_inputs + k_masks : k_inputs + k_masks + k_states]
        values = tensors[k_inputs + k_masks + k_states :]
        code, s = compiled.backward, sized[1]
        plan = code.plan
        buffers = s.buffers(T, B, shapes.lengths is not None)
        for c, d in zip(plan.program.carries, d_finals, strict=True):
            slots = buffers[id(plan.places[id(c.leaf)].buffer)]
            if shapes.lengths is None:
                slots[T * B :] = d.reshape(B, -1)
            else:
                slots[shapes.lengths * B + torch.arange(B)] = d.reshape(B, -1)
        leaves = _leaves(plan, dict(zip(runner.graph.inputs, inputs, strict=True)), values)
        d_output = d_output.contiguous()
        leaves[id(compiled.d_output)] = d_output, 0, d_output[0].numel()
        outside = _leaves(compiled.forward.plan, dict(zip(runner.graph.inputs, inputs, strict=True)), values)
        for i, name in compiled.given.items():
            place = compiled.forward.place_of(name)
            if place.buffer.leaf is not None:
                leaves[i] = outside[id(place.buffer.leaf)]
                continue
            c = sized[0].layout.column(place)
            leaves[i] = forward[id(c.buffer)], c.start + c.view * B * c.ld, c.ld
        gradients, sums = s.call(T, B, shapes.counts, shapes.threads, buffers, leaves)
        d_inputs = []
        for name, x in zip(runner.graph.inputs, inputs, strict=True):
            if f"d {name}" in plan.program.rows:
                d_inputs.append(buffers[id(code.place_of(f"d {name}").buffer)].reshape(x.shape))
            else:
                d_inputs.append(None)
        d_states = [buffers[id(plan.places[id(c.leaf)].buffer)][:B].reshape(st.shape) for c, st in zip(plan.program.carries, states, strict=True)]
        d_values: list[Tensor | None] = [None] * len(values)

        def add(k: int, g: Tensor) -> None:
            g = g.reshape(values[k].shape)
            d_values[k] = g if d_values[k] is None else d_values[k] + g

        for run, widths, g in zip(code.emitter.gradients(), s.layout.gradients, gradients, strict=True):
            for leaf, part in zip(run, g.split(widths), strict=True):
                add(int(leaf.attrs[0]), part)
        for t, g in zip(code.emitter.totals, sums, strict=True):
            add(int(t.leaf.attrs[0]), g.sum(0) if len(g) > 1 else g[0])
        return (*(None,) * 7, *d_inputs, *(None,) * k_masks, *d_states, *d_values)


def _shape(code: Code, s: Sized) -> tuple[int, ...]:
    n = code.plan.program.rows["output"]
    return tuple(x.at(s.layout.sizes) for x in n.type.sizes) or (1,)


def _strides(code: Code, s: Sized, ld: int) -> tuple[int, ...]:
    shape = _shape(code, s)
    out = [1]
    for x in shape[:0:-1]:
        out.insert(0, out[0] * x)
    return (ld, *out)


def _leaves(plan: Any, inputs: Mapping[str, Tensor], values: Sequence[Tensor]) -> dict[int, tuple[Tensor, int, int]]:
    out = {}
    for b in plan.buffers:
        if b.leaf is None:
            continue
        if b.leaf.op == "input":
            x = inputs[str(b.leaf.attrs[0])]
            out[id(b.leaf)] = x, 0, x[0].numel()
        elif b.leaf.op == "fixed":
            out[id(b.leaf)] = values[int(b.leaf.attrs[0])], 0, 0
    return out
