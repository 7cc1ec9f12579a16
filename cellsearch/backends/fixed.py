"""What depends on weights alone, in eager torch: computed once, whatever runs the steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from cellsearch.backends.base import Noise
from cellsearch.backends.operations import Context, Operation, Operations
from cellsearch.backends.reference import reads
from cellsearch.ir import Graph, Node
from cellsearch.ir.graph import topological


class Fixed:
    """Values of nodes that read weights and numbers alone."""

    def __init__(
        self,
        graph: Graph,
        wanted: Sequence[Node],
        sizes: Mapping[str, int],
        space: tuple[int, ...],
    ) -> None:
        order = topological(wanted)
        operations = Operations(graph, sizes, space, {id(n): False for n in order})
        self.wanted = [id(n) for n in wanted]
        self.weights = {str(n.attrs[0]): id(n) for n in order if n.op == "weight"}
        self.in_plane = operations.in_plane
        read = {*self.wanted, *(id(a) for n in order for a in reads(n))}
        self.program: list[tuple[int, Operation, list[int]]] = [
            (id(n), operations.of(n), [id(a) for a in reads(n)])
            for n in order
            if n.op != "weight" and id(n) in read
        ]

    def __call__(self, weights: Mapping[str, Tensor], like: Tensor, noise: Noise) -> list[Tensor]:
        """The values, of the dtype and device of `like`."""
        context = Context(noise, 1, like)
        values = {i: self.in_plane(weights[name]) for name, i in self.weights.items()}
        for i, run, args in self.program:
            values[i] = run(context, *[values[a] for a in args])
        return [values[i] for i in self.wanted]
