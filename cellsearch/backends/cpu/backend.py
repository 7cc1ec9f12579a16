"""Any cell, compiled for the processor."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from cellsearch.backends.base import Noise, Rows, Runner, States
from cellsearch.backends.cpu.autograd import Bound, Compiled, Values, run
from cellsearch.backends.cpu.native import Batch
from cellsearch.backends.cpu.pixels import Plane, require_pixels
from cellsearch.backends.fixed import Fixed
from cellsearch.backends.noise import mask
from cellsearch.backends.reference import ReferenceBackend
from cellsearch.errors import ShapeError
from cellsearch.ir import Graph, Node


class CpuBackend:
    """See the module."""

    name = "cpu"

    def prepare(
        self, graph: Graph, sizes: Mapping[str, int], space: tuple[int, ...] = ()
    ) -> Runner:
        """A runner of the graph at these sizes.

        Raises:
            UnsupportedError: the cell has units in a plane, and more than filters on them.
        """
        if space:
            require_pixels(graph)
        return _Runner(graph, sizes, space)


class _Runner:
    def __init__(self, graph: Graph, sizes: Mapping[str, int], space: tuple[int, ...]) -> None:
        self.graph, self.sizes, self.space = graph, sizes, space
        self.plane = Plane(space)
        self.is_noisy = any(n.op in ("dropout", "zoneout") for n in graph.nodes)
        self.made: dict[bool, tuple[Compiled, Fixed]] = {}
        self.bound: dict[tuple[bool, torch.dtype], Bound] = {}

    def _compiled(self, training: bool) -> tuple[Compiled, Fixed]:
        if training not in self.made:
            compiled = Compiled(self.graph, training=training)
            # In a plane a vector has one number for each channel, whatever the pixel.
            fixed = Fixed(self.graph, compiled.fixed, self.sizes, ())
            self.made[training] = compiled, fixed
        return self.made[training]

    def _bound(self, training: bool, dtype: torch.dtype) -> Bound:
        if (training, dtype) not in self.bound:
            compiled, _ = self._compiled(training)
            self.bound[training, dtype] = Bound(compiled, self.sizes, dtype)
        return self.bound[training, dtype]

    def __call__(
        self, weights: Mapping[str, Tensor], rows: Rows, states: States, noise: Noise
    ) -> tuple[Tensor, States]:
        if rows.counts[0] == 0:
            reference = ReferenceBackend().prepare(self.graph, self.sizes, self.space)
            return reference(weights, rows, states, noise)
        training = noise.training and self.is_noisy
        compiled, fixed = self._compiled(training)
        like = next(iter(rows.inputs.values()))
        _check(like)
        plane = self.plane
        batch, live = _batch(tuple(c * plane.area for c in rows.counts), self.space)
        masks = [mask(n, (len(like), *self._shape(n)), like, noise) for n in compiled.noise]
        values = Values(
            [_dense(plane.pixels(rows.inputs[n]), batch, live) for n in compiled.inputs],
            [_dense(plane.pixels(m), batch, live) for m in masks],
            [plane.pixels(s) for s in states],
            [v.contiguous() for v in fixed(weights, like, noise)],
        )
        outputs, after = run(self._bound(training, like.dtype), batch, values)
        outputs = outputs if live is None else outputs[live]
        return plane.units(outputs), tuple(map(plane.units, after))

    def _shape(self, n: Node) -> tuple[int, ...]:
        return (*(tuple(s.at(self.sizes) for s in n.type.sizes) or (1,)), *self.space)


def _check(x: Tensor) -> None:
    if x.device.type != "cpu" or x.dtype not in (torch.float32, torch.float64):
        raise ShapeError(
            f"backend 'cpu' runs float32 and float64 on cpu, got {x.dtype} on {x.device}"
        )


def _batch(counts: tuple[int, ...], space: tuple[int, ...]) -> tuple[Batch, Tensor | None]:
    """The batch, and which of T · B rows are there, where lengths differ."""
    threads = torch.get_num_threads()
    height, width = space or (1, 1)
    if counts[-1] == counts[0]:
        return Batch(counts, threads, None, (height, width)), None
    live = torch.arange(counts[0])[None] < torch.tensor(counts)[:, None]
    return (
        Batch(counts, threads, live.sum(0), (height, width)),
        live.flatten().nonzero()[:, 0],
    )


def _dense(x: Tensor, batch: Batch, live: Tensor | None) -> Tensor:
    """Rows [T · B, …], zeros where there are none."""
    if live is None:
        return x.contiguous()
    return x.new_zeros(batch.steps * batch.size, *x.shape[1:]).index_copy(0, live, x)
