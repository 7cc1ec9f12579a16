"""`RNN`: any cell in the place of `torch.nn.LSTM`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from cellsearch import backends
from cellsearch.backends import Noise, Rows, Runner, States
from cellsearch.backends.taps import recordable
from cellsearch.ir import Cell, Graph
from cellsearch.ir.starts import starting_uniform
from cellsearch.lang import load_cell
from cellsearch.nn.dropout import mask
from cellsearch.nn.inputs import Input, check_like, rows_of
from cellsearch.nn.packing import Layout, reversal, sequence_of_row
from cellsearch.nn.recording import Call, Recording, Shapes
from cellsearch.nn.sized import (
    InputSize,
    SizedCell,
    check_dtype,
    check_probability,
    check_size,
    sized_layers,
    widths_of,
)
from cellsearch.nn.stacked import Stack, as_given, returned
from cellsearch.nn.starts import draw_weights
from cellsearch.nn.weights import Layer, Weights

GeneratorFor = Callable[[int, str, str], torch.Generator]
WeightsByName = dict[str, Tensor]

# Arguments that are shown where they are something else.
_DEFAULTS = {
    "num_layers": 1,
    "bias": True,
    "batch_first": False,
    "dropout": 0.0,
    "bidirectional": False,
    "variational": False,
}


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
        backend: `auto`, which is `cpu` where cells can be compiled, else `reference`; or a name.
        variational: dropout draws one mask per sequence, not one per step.
        record: names whose values each call leaves in `recorded`: states (`h` before a step, `h'`
            after it) and equations (`f`). The cell then runs on the reference backend.
        device: of the weights.
        dtype: of the weights.

    Called with an input [T, B, X] ([T, X] for one sequence, or a `PackedSequence`) and, if not from
    the start, states: a tuple in the order of the cell's header, then what its delays remember,
    each [layers * directions, B, width]; one tensor where the cell has one state. What is not as
    wide in each layer is filled up with zeros. A cell with several inputs is called with a tuple:
    sequences, or [B, width] for the whole sequence.
    Returns outputs [T, B, output_size * directions] and final states, as `torch.nn.LSTM` does.

    Attributes:
        recorded: by name, of the last call, [layers * directions, T, B, width], step by step in
            the order in which a direction reads; where sequences end earlier, or a layer is
            narrower, 0. What the cells compute goes on through it, so that
            `torch.autograd.grad(loss, rnn.recorded["f"])` is all of the gradient that reaches `f`.
            It is a leaf: what is made of it leads back to no weight.

    Raises:
        LanguageError: the cell is wrong, or cannot have these sizes.
        ShapeError: an argument or a tensor does not fit.
        ConfigError: an unknown backend, or nothing of that name to record.
    """

    def __init__(
        self,
        cell: str | Path | Cell,
        input_size: InputSize,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        backend: str = "auto",
        *,
        variational: bool = False,
        record: str | Sequence[str] = (),
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        check_size("hidden_size", hidden_size)
        check_size("num_layers", num_layers)
        check_probability("dropout", dropout)
        check_dtype("dtype", dtype)
        self.cell = load_cell(cell)
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, dropout
        self.bidirectional, self.variational = bidirectional, variational
        self.record = (record,) if isinstance(record, str) else tuple(record)
        self.backend, self._asked = backends.resolve(backend), backend
        self._derive()
        self.layers = nn.ModuleList(
            Layer({d: _empty(sized, device, dtype) for d in self.directions})
            for sized in self._sized
        )
        self.reset_parameters()

    def _derive(self) -> None:
        """What follows from the arguments; it is not pickled, for graphs may be deep."""
        self._sized = sized_layers(
            self.cell,
            self.input_size,
            self.hidden_size,
            layers=self.num_layers,
            directions=len(self.directions),
            bias=self.bias,
        )
        self._stack = Stack(self._sized, len(self.directions))
        self._runners: list[Runner] = []
        self.recorded: dict[str, Tensor] = {}
        directions = len(self.directions)
        self._recording = Recording(self._sized, directions, self.record) if self.record else None

    @property
    def graph(self) -> Graph:
        """What the cell computes in the first layer."""
        return self._sized[0].graph

    @property
    def sizes(self) -> dict[str, int]:
        """H, X and the widths of further inputs in the first layer."""
        return self._sized[0].sizes

    @property
    def recordable(self) -> tuple[str, ...]:
        """What can be recorded in every layer: states, and equations that differ by step."""
        first, *others = (recordable(sized.graph) for sized in self._sized)
        return tuple(name for name in first if all(name in other for other in others))

    @property
    def recorded_shapes(self) -> Shapes:
        """By name, of what each layer and direction records; the widest is that of `recorded`."""
        return self._recording.shapes if self._recording else {}

    @property
    def directions(self) -> tuple[str, ...]:
        """`forwards`, and `backwards` where there is one."""
        return ("forwards", "backwards") if self.bidirectional else ("forwards",)

    @property
    def output_size(self) -> int:
        """The width of the outputs of one direction."""
        type = self._sized[-1].graph.output.type
        return type.sizes[0].at(self._sized[-1].sizes) if type.sizes else 1

    def reset_parameters(
        self, generator_for: GeneratorFor | None = None, bound: float | None = None
    ) -> None:
        """Draw all weights anew from the cell's initial law.

        Args:
            generator_for: the generator of a weight, by layer, direction and name; without it,
                weights come from torch's global generator, as those of `nn.LSTM` do.
            bound: draw each from uniform(-bound, bound) in place of the cell's law.
        """
        for i, layer in enumerate(self._layers()):
            for direction in self.directions:

                def own(name: str, i: int = i, d: str = direction) -> torch.Generator | None:
                    return generator_for(i, d, name) if generator_for else None

                sized = self._sized[i]
                graph = sized.graph if bound is None else starting_uniform(sized.graph, bound)
                for name, value in draw_weights(graph, sized.sizes, own).items():
                    layer.direction(direction).assign(name, value)

    def start(self, batch: int) -> Tensor | States:
        """The states before the first step, [layers * directions, batch, …] each."""
        like = next(self.layers.parameters(), torch.zeros(()))
        return as_given(self._start(self._weights(), batch, like))

    def _start(self, weights: list[WeightsByName], batch: int, like: Tensor) -> States:
        each = [sized for sized in self._sized for _ in self.directions]
        parts = zip(each, weights, strict=True)
        return self._stack.join([sized.start(own, batch, like) for sized, own in parts])

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
        inputs, layout = rows_of(input, self._units(), self.batch_first)
        weights = self._weights()
        before = self._before(states, weights, inputs, layout)
        noise = Noise(self.training, generator)
        call = self._call(layout, inputs[x := self.cell.inputs[0]])
        runners = call.runners if call else self._ready()
        after: list[States] = []
        for i in range(self.num_layers):
            outputs: list[Tensor] = []
            for direction in self.directions:
                n = len(after)
                own = self._stack.part(before, n)
                out, last = _run(runners[n], direction, weights[n], inputs, layout, own, noise)
                outputs.append(out)
                after.append(last)
            joined = torch.cat(outputs, 1) if len(outputs) > 1 else outputs[0]
            inputs = {**inputs, x: joined}
            if i < self.num_layers - 1:
                inputs[x] = self._dropped(joined, layout, generator)
        self.recorded = call.end() if call else {}
        return layout.restore(inputs[x]), returned(self._stack.join(after), layout)

    def flatten_parameters(self) -> None:
        """Nothing; for programs that call it on an `nn.LSTM`."""

    def extra_repr(self) -> str:
        shown = [f"{self.cell.name}, {self.input_size}, {self.hidden_size}"]
        shown += [f"{n}={value}" for n, d in _DEFAULTS.items() if (value := getattr(self, n)) != d]
        return ", ".join([*shown, f"backend={self.backend}"])

    def __getstate__(self) -> dict[str, Any]:
        derived = ("_sized", "_stack", "_runners", "_recording", "recorded")
        return {n: v for n, v in self.__dict__.items() if n not in derived}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._derive()

    def _units(self) -> dict[str, tuple[int, ...]]:
        """The shape of each input's value at one step."""
        widths = widths_of(self.cell, self.input_size)
        return {n: (width, *self._sized[0].space) for n, width in widths.items()}

    def _before(
        self,
        states: Tensor | States | None,
        weights: list[WeightsByName],
        inputs: dict[str, Tensor],
        layout: Layout,
    ) -> States:
        """The states before the first step; they and the inputs are of the weights' kind."""
        # A cell may have no weights.
        each = (w for own in weights for w in own.values())
        like = next(each, inputs[self.cell.inputs[0]])
        check_like(((f"input '{n}'", x) for n, x in inputs.items()), like)
        if states is None:
            return self._start(weights, layout.batch, like)
        given = self._stack.given(states, layout)
        named = zip(self._stack.names, given, strict=True)
        check_like(((f"state '{n}'", s) for n, s in named), like)
        return given

    def _layers(self) -> list[Layer]:
        return [layer for layer in self.layers if isinstance(layer, Layer)]

    def _weights(self) -> list[WeightsByName]:
        """Of each layer and direction; once in a call, since hooks and parametrizations run."""
        return [layer.direction(d)() for layer in self._layers() for d in self.directions]

    def _call(self, layout: Layout, like: Tensor) -> Call | None:
        if self._recording is None:
            return None
        return self._recording.begin(len(layout.counts), layout.batch, like)

    def _ready(self) -> list[Runner]:
        """The runner of each layer and direction."""
        if not self._runners:
            backend = backends.get(self._asked)
            made = (backend.prepare(s.graph, s.sizes, s.space) for s in self._sized)
            self._runners = [runner for runner in made for _ in self.directions]
        return self._runners

    def _dropped(self, x: Tensor, layout: Layout, generator: torch.Generator | None) -> Tensor:
        if not self.training or self.dropout == 0:
            return x
        if not self.variational:
            return x * mask(x.shape, self.dropout, x, generator)
        masks = mask((layout.batch, *x.shape[1:]), self.dropout, x, generator)
        return x * masks[sequence_of_row(layout.counts).to(x.device)]


def _run(
    runner: Runner,
    direction: str,
    weights: WeightsByName,
    inputs: dict[str, Tensor],
    layout: Layout,
    states: States,
    noise: Noise,
) -> tuple[Tensor, States]:
    order = reversal(layout.counts) if direction == "backwards" else None
    if order is not None:
        order = order.to(next(iter(inputs.values())).device)
        inputs = {n: x[order] for n, x in inputs.items()}
    rows = Rows(inputs, layout.counts)
    out, last = runner(weights, rows, states, noise)
    return (out if order is None else out[order]), last


def _empty(
    sized: SizedCell, device: torch.device | str | None, dtype: torch.dtype | None
) -> Weights:
    shapes = sized.weight_shapes()
    return Weights({n: torch.empty(s, device=device, dtype=dtype) for n, s in shapes.items()})
