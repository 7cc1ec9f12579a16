"""`RNN`: any cell in the place of `torch.nn.LSTM`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from cellsearch import backends
from cellsearch.backends import Noise, Rows, Runner, States
from cellsearch.backends.reference import require_space
from cellsearch.errors import ShapeError
from cellsearch.ir import Cell, elaborate
from cellsearch.ir.biases import without_biases
from cellsearch.lang import load_cell
from cellsearch.nn.dropout import mask
from cellsearch.nn.packing import Layout, reversal, sequence_of_row, to_rows
from cellsearch.nn.starts import draw_weights, start_state
from cellsearch.nn.weights import Layer, Weights

Input = Tensor | PackedSequence | tuple[Tensor | PackedSequence, ...]
GeneratorFor = Callable[[int, str, str], torch.Generator]


class RNN(nn.Module):
    """Layers of a recurrent cell, called as `torch.nn.LSTM` is.

    Args:
        cell: a name of the library, a text, a path of a `.cell` file, or a `Cell`.
        input_size: X; (channels, height, width) for a cell with filters; a dict of sizes by name
            for a cell with several inputs.
        hidden_size: H.
        num_layers: each further layer reads the outputs of the one below, and the cell's further
            inputs again.
        bias: False removes every vector weight that stands as a term of a sum.
        batch_first: inputs and outputs are [B, T, …]; states are not changed by it.
        dropout: on the outputs of each layer but the last, while training.
        bidirectional: a second set of weights reads each sequence backwards; outputs are joined.
        backend: `auto`, or a name (`reference`).
        variational: dropout draws one mask per sequence, not one per step.
        device: of the weights.
        dtype: of the weights.

    Called with an input [T, B, X] ([T, X] for one sequence, or a `PackedSequence`) and, if not from
    the start, states: a tuple in the order of the cell's header, then what its delays remember,
    each [layers * directions, B, width]; one tensor where the cell has one state. A cell with
    several inputs is called with a tuple: sequences, or [B, width] for the whole sequence.
    Returns outputs [T, B, output_size * directions] and final states, as `torch.nn.LSTM` does.

    Raises:
        LanguageError: the cell is wrong, or cannot have these sizes.
        ShapeError: an argument or a tensor does not fit.
    """

    def __init__(
        self,
        cell: str | Path | Cell,
        input_size: int | tuple[int, ...] | Mapping[str, int],
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        backend: str = "auto",
        *,
        variational: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        _check_arguments(hidden_size, num_layers, dropout)
        self.cell = load_cell(cell)
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, dropout
        self.bidirectional, self.variational = bidirectional, variational
        self.backend = backends.resolve(backend)
        self.space = tuple(input_size[1:]) if isinstance(input_size, tuple) else ()
        widths = _widths(self.cell, input_size)
        rough = {"H": hidden_size, "X": next(iter(widths.values()))}
        graph = elaborate(self.cell, rough)
        self.graph = graph if bias else without_biases(graph)
        require_space(self.graph, self.space)
        self.sizes = self._sizes_of_layers(widths)
        self.layers = nn.ModuleList(
            Layer({d: self._empty(i, device, dtype) for d in self.directions})
            for i in range(num_layers)
        )
        self._runners: list[Runner] = []
        self.reset_parameters()

    @property
    def directions(self) -> tuple[str, ...]:
        """`forward`, and `reverse` where there is one."""
        return ("forward", "reverse") if self.bidirectional else ("forward",)

    @property
    def output_size(self) -> int:
        """The width of the outputs of one direction."""
        type = self.graph.output.type
        return type.sizes[0].at(self.sizes[-1]) if type.sizes else 1

    def reset_parameters(self, generator_for: GeneratorFor | None = None) -> None:
        """Draw all weights anew from the cell's initial law.

        Args:
            generator_for: the generator of a weight, by layer, direction and name; without it,
                weights come from torch's global generator, as those of `nn.LSTM` do.
        """
        for i, layer in enumerate(self._layers()):
            for direction in self.directions:

                def own(name: str, i: int = i, d: str = direction) -> torch.Generator | None:
                    return generator_for(i, d, name) if generator_for else None

                drawn = draw_weights(self.graph, self.sizes[i], own)
                with torch.no_grad():
                    for name, parameter in layer.direction(direction).as_dict().items():
                        parameter.copy_(drawn[name])

    def start(self, batch: int) -> Tensor | States:
        """The states before the first step, [layers * directions, batch, …] each."""
        each = [self._start(i, d, batch) for i in range(self.num_layers) for d in self.directions]
        return _as_given(tuple(torch.stack(parts) for parts in zip(*each, strict=True)))

    def forward(
        self,
        input: Input,
        states: Tensor | States | None = None,
        *,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor | PackedSequence, Tensor | States]:
        """Run all sequences. See the class.

        Args:
            input: sequences.
            states: before the first step; the cell's start where left out.
            generator: where noise is drawn from; None is torch's global generator.
        """
        inputs, layout = self._rows(input)
        noise = Noise(self.training, generator)
        before = self._given(states, layout)
        after: list[States] = []
        x = next(iter(self.graph.inputs))
        for i in range(self.num_layers):
            outputs: list[Tensor] = []
            for k, direction in enumerate(self.directions):
                n = i * len(self.directions) + k
                own = tuple(s[n] for s in before)
                out, last = self._run(i, direction, inputs, layout, own, noise)
                outputs.append(out)
                after.append(last)
            joined = torch.cat(outputs, 1) if len(outputs) > 1 else outputs[0]
            inputs = {**inputs, x: joined}
            if i < self.num_layers - 1:
                inputs[x] = self._dropped(joined, layout, generator)
        final = tuple(torch.stack(parts) for parts in zip(*after, strict=True))
        return layout.restore(inputs[x]), _as_given(self._returned(final, layout))

    def flatten_parameters(self) -> None:
        """Nothing; for programs that call it on an `nn.LSTM`."""

    def extra_repr(self) -> str:
        shown = f"{self.cell.name}, {self.input_size}, {self.hidden_size}"
        extra = f", num_layers={self.num_layers}" if self.num_layers > 1 else ""
        extra += ", bidirectional=True" if self.bidirectional else ""
        return f"{shown}{extra}, backend={self.backend}"

    def __getstate__(self) -> dict[str, Any]:
        # Runners are made of closures; they are made again when they are needed.
        return {**self.__dict__, "_runners": []}

    def _sizes_of_layers(self, widths: dict[str, int]) -> list[dict[str, int]]:
        first = next(iter(widths))
        sizes = [self.graph.sizes(widths, self.hidden_size)]
        for _ in range(1, self.num_layers):
            below = self.graph.output_width(widths, self.hidden_size)
            widths = {**widths, first: below * len(self.directions)}
            sizes.append(self.graph.sizes(widths, self.hidden_size))
        return sizes

    def _empty(
        self, layer: int, device: torch.device | str | None, dtype: torch.dtype | None
    ) -> Weights:
        shapes = {n: w.shape(self.sizes[layer]) for n, w in self.graph.weights.items()}
        return Weights({n: torch.empty(s, device=device, dtype=dtype) for n, s in shapes.items()})

    def _layers(self) -> list[Layer]:
        return [layer for layer in self.layers if isinstance(layer, Layer)]

    def _weights(self, layer: int, direction: str) -> dict[str, Tensor]:
        return self._layers()[layer].direction(direction).as_dict()

    def _runner(self, layer: int) -> Runner:
        if not self._runners:
            backend = backends.get(self.backend)
            self._runners = [backend.prepare(self.graph, s, self.space) for s in self.sizes]
        return self._runners[layer]

    def _run(
        self,
        layer: int,
        direction: str,
        inputs: dict[str, Tensor],
        layout: Layout,
        states: States,
        noise: Noise,
    ) -> tuple[Tensor, States]:
        order = reversal(layout.counts) if direction == "reverse" else None
        if order is not None:
            order = order.to(next(iter(inputs.values())).device)
            inputs = {n: x[order] for n, x in inputs.items()}
        rows = Rows(inputs, layout.counts)
        out, last = self._runner(layer)(self._weights(layer, direction), rows, states, noise)
        return (out if order is None else out[order]), last

    def _dropped(self, x: Tensor, layout: Layout, generator: torch.Generator | None) -> Tensor:
        if not self.training or self.dropout == 0:
            return x
        if not self.variational:
            return x * mask(x.shape, self.dropout, x, generator)
        masks = mask((layout.batch, *x.shape[1:]), self.dropout, x, generator)
        return x * masks[sequence_of_row(layout.counts).to(x.device)]

    def _rows(self, input: Input) -> tuple[dict[str, Tensor], Layout]:
        given = _as_tuple(input)
        names = list(self.graph.inputs)
        if len(given) != len(names):
            wanted = ", ".join(names)
            raise ShapeError(
                f"'{self.cell.name}' has the inputs {wanted}; got {len(given)} tensors"
            )
        widths = _widths(self.cell, self.input_size)
        first, layout = to_rows(given[0], (widths[names[0]], *self.space), self.batch_first)
        rows = {names[0]: first}
        for name, x in zip(names[1:], given[1:], strict=True):
            rows[name] = self._further(name, x, widths[name], layout)
        return rows, layout

    def _further(self, name: str, x: Tensor | PackedSequence, width: int, layout: Layout) -> Tensor:
        """A further input: a sequence as long as the first, or one vector for each sequence."""
        unit = (width, *self.space)
        whole = (layout.batch, *unit) if layout.batched else unit
        if isinstance(x, Tensor) and tuple(x.shape) == whole:
            x = x.reshape(layout.batch, *unit)
            if layout.packed is not None and layout.packed.sorted_indices is not None:
                x = x[layout.packed.sorted_indices]
            return x[sequence_of_row(layout.counts).to(x.device)]
        rows, own = to_rows(x, unit, self.batch_first)
        if own.counts != layout.counts:
            raise ShapeError(f"the input '{name}' has other lengths than the first input")
        return rows

    def _state_shapes(self, layer: int) -> list[tuple[int, ...]]:
        shapes = []
        for s in self.graph.states:
            shape = tuple(n.at(self.sizes[layer]) for n in s.type.sizes) or (1,)
            shapes.append((*shape, *self.space))
        return shapes

    def _start(self, layer: int, direction: str, batch: int) -> States:
        weights = self._weights(layer, direction)
        out = []
        for s, shape in zip(self.graph.states, self._state_shapes(layer), strict=True):
            units = shape[: len(s.type.sizes)]
            value = start_state(self.graph, self.sizes[layer], s.start, units, weights)
            value = value.reshape(*value.shape, *(1 for _ in shape[value.dim() :]))
            out.append(value.expand(batch, *shape))
        return tuple(out)

    def _given(self, states: Tensor | States | None, layout: Layout) -> States:
        """The caller's states, or the start, each [layers * directions, B, …], longest first."""
        if states is None:
            start = self.start(layout.batch)
            return (start,) if isinstance(start, Tensor) else start
        given = (states,) if isinstance(states, Tensor) else tuple(states)
        names = [s.name for s in self.graph.states]
        if len(given) != len(names):
            raise ShapeError(f"expected the states ({', '.join(names)}), got {len(given)} tensors")
        if not layout.batched:
            given = tuple(s[:, None] for s in given)
        for name, s, shape in zip(names, given, self._state_shapes(0), strict=True):
            wanted = (self.num_layers * len(self.directions), layout.batch, *shape)
            if tuple(s.shape) != wanted:
                raise ShapeError(f"expected '{name}' {list(wanted)}, got {list(s.shape)}")
        return _permuted(given, layout.packed and layout.packed.sorted_indices)

    def _returned(self, states: States, layout: Layout) -> States:
        if not layout.batched:
            return tuple(s[:, 0] for s in states)
        return _permuted(states, layout.packed and layout.packed.unsorted_indices)


def _as_tuple(input: Input) -> tuple[Tensor | PackedSequence, ...]:
    """The inputs; a PackedSequence is a named tuple, but one input."""
    return (input,) if isinstance(input, Tensor | PackedSequence) else input


def _permuted(states: States, order: Tensor | None) -> States:
    return states if order is None else tuple(s[:, order] for s in states)


def _as_given(states: States) -> Tensor | States:
    return states[0] if len(states) == 1 else states


def _widths(cell: Cell, input_size: int | tuple[int, ...] | Mapping[str, int]) -> dict[str, int]:
    """The width of each input by its name, the cell's order."""
    if not isinstance(input_size, Mapping):
        channels = input_size[0] if isinstance(input_size, tuple) else input_size
        if len(cell.inputs) > 1:
            sizes = ", ".join(f"'{n}': …" for n in cell.inputs)
            raise ShapeError(f"'{cell.name}' has several inputs; input_size is {{{sizes}}}")
        input_size = {cell.inputs[0]: channels}
    if set(input_size) != set(cell.inputs):
        got, wanted = ", ".join(input_size), ", ".join(cell.inputs)
        raise ShapeError(f"expected the size of the inputs {wanted}, got {got or 'none'}")
    for name, width in input_size.items():
        if width < 1:
            raise ShapeError(f"the size of the input '{name}' is at least 1, got {width}")
    return {n: input_size[n] for n in cell.inputs}


def _check_arguments(hidden_size: int, num_layers: int, dropout: float) -> None:
    for name, value in (("hidden_size", hidden_size), ("num_layers", num_layers)):
        if value < 1:
            raise ShapeError(f"{name} is at least 1, got {value}")
    if not 0 <= dropout < 1:
        raise ShapeError(f"dropout is at least 0 and below 1, got {dropout}")
