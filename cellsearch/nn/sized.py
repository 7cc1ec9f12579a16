"""What each layer of an `RNN` computes, and how large it is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from cellsearch.backends import States
from cellsearch.errors import ShapeError
from cellsearch.ir import Cell, Graph, elaborate
from cellsearch.ir.biases import without_biases
from cellsearch.ir.plane import require_space
from cellsearch.ir.types import Type
from cellsearch.nn.starts import start_state

InputSize = int | tuple[int, ...] | Mapping[str, int]


@dataclass(frozen=True)
class SizedCell:
    """A cell's graph at the sizes of one layer.

    Attributes:
        graph: each layer has its own, since consts and bounds may depend on X.
        sizes: H, X, and the widths of further inputs.
        space: height and width of the units, for a cell with filters.
    """

    graph: Graph
    sizes: dict[str, int]
    space: tuple[int, ...]

    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each weight as it is stored."""
        return {n: w.shape(self.sizes) for n, w in self.graph.weights.items()}

    @cached_property
    def state_shapes(self) -> list[tuple[int, ...]]:
        """The shape of each state without batch."""
        return [self.shape(s.type) for s in self.graph.states]

    def shape(self, type: Type) -> tuple[int, ...]:
        """The shape of a value without batch; a scalar is one unit."""
        shape = tuple(n.at(self.sizes) for n in type.sizes)
        return (*shape, *self.space) if shape else (1, *(1 for _ in self.space))

    def start(self, weights: Mapping[str, Tensor], batch: int, like: Tensor) -> States:
        """The states before the first step, each [batch, …], of the dtype and device of `like`.

        Gradients reach the weights that a start is made of.
        """
        states = zip(self.graph.states, self.state_shapes, strict=True)
        out = []
        for s, shape in states:
            if s.start is None:
                out.append(like.new_zeros(batch, *shape))
                continue
            units = shape[: len(s.type.sizes)]
            value = start_state(self.graph, self.sizes, s.start, units, weights, like)
            value = value.reshape(*value.shape, *(1 for _ in shape[value.dim() :]))
            out.append(value.expand(batch, *shape))
        return tuple(out)


def sized_layers(
    cell: Cell,
    input_size: InputSize,
    hidden: int,
    *,
    layers: int,
    directions: int,
    bias: bool,
) -> tuple[SizedCell, ...]:
    """The cell at the sizes of each layer; a further layer reads the outputs of the one below.

    Raises:
        LanguageError: the cell cannot have these sizes.
        ShapeError: the sizes are none, or are not those of the cell's inputs.
    """
    widths = widths_of(cell, input_size)
    space = input_size[1:] if isinstance(input_size, tuple) else ()
    return tuple(_layers(cell, widths, hidden, space, layers, directions, bias))


def _layers(
    cell: Cell,
    widths: dict[str, int],
    hidden: int,
    space: tuple[int, ...],
    layers: int,
    directions: int,
    bias: bool,
) -> Iterator[SizedCell]:
    first = cell.inputs[0]
    for i in range(layers):
        graph = elaborate(cell, {"H": hidden, "X": widths[first]})
        graph = graph if bias else without_biases(graph)
        require_space(graph, space)
        yield SizedCell(graph, graph.sizes(widths, hidden), space)
        if i < layers - 1:
            widths = {**widths, first: graph.output_width(widths, hidden) * directions}


def widths_of(cell: Cell, input_size: InputSize) -> dict[str, int]:
    """The width of each input by its name, in the cell's order.

    Raises:
        ShapeError: a name or a size that does not fit.
    """
    if isinstance(input_size, tuple):
        if len(input_size) != 3:
            raise ShapeError(f"input_size is (channels, height, width), got {input_size}")
        for name, side in zip(("channels", "height", "width"), input_size, strict=True):
            check_size(name, side)
        input_size = input_size[0]
    if not isinstance(input_size, Mapping):
        if len(cell.inputs) > 1:
            sizes = ", ".join(f"'{n}': …" for n in cell.inputs)
            message = f"'{cell.name}' has several inputs: input_size is {{{sizes}}}"
            raise ShapeError(f"{message}, got {input_size!r}")
        input_size = {cell.inputs[0]: input_size}
    if set(input_size) != set(cell.inputs):
        got, wanted = ", ".join(map(str, input_size)), ", ".join(cell.inputs)
        raise ShapeError(f"input_size: expected the inputs {wanted}, got {got or 'none'}")
    for name, width in input_size.items():
        check_size(f"the size of the input '{name}'", width)
    return {n: input_size[n] for n in cell.inputs}


def check_size(name: str, value: object) -> None:
    """Refuse what is no whole number of at least 1.

    Raises:
        ShapeError: naming it.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ShapeError(f"{name}: expected a whole number of at least 1, got {value!r}")


def check_probability(name: str, value: object) -> None:
    """Refuse what cannot be the share of units that are dropped.

    Raises:
        ShapeError: naming it.
    """
    if not isinstance(value, int | float) or not 0 <= value < 1:
        raise ShapeError(f"{name}: expected at least 0 and below 1, got {value!r}")


def check_dtype(name: str, value: object) -> None:
    """Refuse what weights cannot be of; None is torch's default.

    Raises:
        ShapeError: naming it.
    """
    floating = isinstance(value, torch.dtype) and value.is_floating_point
    if value is not None and not floating:
        raise ShapeError(f"{name}: expected a floating point dtype, got {value!r}")
