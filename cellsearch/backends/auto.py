"""The best that a machine has: compiled where it can be, else eager torch."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, cached_property

import torch
from torch import Tensor

from cellsearch.backends.base import Noise, Rows, Runner, States
from cellsearch.backends.cpu import BuildError, CpuBackend, UnsupportedError, check_compiler
from cellsearch.backends.reference import ReferenceBackend
from cellsearch.ir import Graph

_LOG = logging.getLogger("cellsearch")


@cache
def best() -> str:
    """`cpu`, or `reference` where nothing can be compiled, which one line says."""
    try:
        check_compiler()
    except BuildError as error:
        _LOG.warning("cells run as eager torch, several times slower: %s", error)
        return ReferenceBackend.name
    return CpuBackend.name


class AutoBackend:
    """Compiled for tensors that the processor holds, eager for all others."""

    name = "auto"

    def prepare(
        self, graph: Graph, sizes: Mapping[str, int], space: tuple[int, ...] = ()
    ) -> Runner:
        """A runner of the graph at these sizes."""
        if best() == CpuBackend.name:
            with suppress(UnsupportedError):
                return _Either(CpuBackend().prepare(graph, sizes, space), graph, sizes, space)
        return ReferenceBackend().prepare(graph, sizes, space)


class _Either:
    def __init__(
        self, compiled: Runner, graph: Graph, sizes: Mapping[str, int], space: tuple[int, ...]
    ) -> None:
        self.compiled, self._prepared = compiled, (graph, sizes, space)

    @cached_property
    def reference(self) -> Runner:
        """Made when it is first needed, which it seldom is."""
        return ReferenceBackend().prepare(*self._prepared)

    def __call__(
        self, weights: Mapping[str, Tensor], rows: Rows, states: States, noise: Noise
    ) -> tuple[Tensor, States]:
        # Weights, inputs and states are alike.
        fits = _is_native(next(iter(rows.inputs.values())))
        runner = self.compiled if fits and not _is_traced() else self.reference
        return runner(weights, rows, states, noise)


def _is_native(x: Tensor) -> bool:
    return x.device.type == "cpu" and x.dtype in (torch.float32, torch.float64)


def _is_traced() -> bool:
    """Whether torch looks at what is run, to write it down or to run it otherwise."""
    return (
        torch.compiler.is_compiling()
        or torch.is_autocast_enabled("cpu")
        or torch._C._are_functorch_transforms_active()
    )
