"""A cell's graph as a model of ONNX: `Scan` over time, one step of the cell as its body."""

from __future__ import annotations

from typing import Any

import numpy as np

from cellsearch.errors import ConfigError
from cellsearch.export.naming import Names, memory_name
from cellsearch.export.onnx_model import writer
from cellsearch.export.onnx_model.operations import Operations, Ref
from cellsearch.export.options import Numbers, Options
from cellsearch.ir import Cell, Graph, Node, elaborate
from cellsearch.ir.delays import memories
from cellsearch.ir.graph import StateValue
from cellsearch.ir.plane import has_filters, require_space
from cellsearch.ir.reach import reach
from cellsearch.ir.types import Type
from cellsearch.ir.unroll import unroll
from cellsearch.lang import print_cell

_DTYPES = ("float32", "float64")


def export(cell: Cell, options: Options) -> bytes:
    """The model's file.

    Its inputs are the cell's, each [T, B, width], and the states before the first step, which may
    be left out: then they are the cell's own start. Its outputs are `output` [T, B, …] and of each
    state `NAME_last`.

    Args:
        cell: without choices.
        options: sizes, numbers and dtype.

    Raises:
        ConfigError: `onnx` is not installed; a dtype that is none; an op that ONNX lacks.
        LanguageError: the cell is wrong, or cannot have these sizes.
    """
    if options.dtype not in _DTYPES:
        raise ConfigError(f"dtype: expected one of {', '.join(_DTYPES)}, got '{options.dtype}'")
    onnx = writer.library()
    sizes = {"H": options.hidden, "X": options.widths[cell.inputs[0]]}
    graph = elaborate(cell, sizes)
    require_space(graph, (1, 1) if has_filters(graph) else ())
    made = _Model(cell, graph, graph.sizes(options.widths, options.hidden), options)
    return writer.model(onnx, made.graph(), print_cell(cell))


class _Model:
    def __init__(self, cell: Cell, graph: Graph, sizes: dict[str, int], options: Options) -> None:
        self.cell, self.cells_graph = cell, graph
        self.numbers = _numbers(graph, sizes, options)
        self.main = writer.Graph(options.dtype)
        self.body = writer.Graph(options.dtype, self.main)
        self.plane = has_filters(graph)
        self.operations = Operations(
            self.main, self.body, sizes, graph.consts, cell.inputs[0], self.plane
        )
        names = Names((*cell.inputs, *graph.weights, "output"))
        self.names = _state_names(names, cell, graph, sizes)
        self.last = [names.fresh(f"{self.names[s.name]}_last") for s in graph.states]

    def graph(self) -> Any:
        """The whole."""
        for name, value in self.numbers.weights.items():
            self.main.constant(np.asarray(value, self.main.dtype), name)
        for n in self.cells_graph.nodes:
            self.operations.values[id(n)] = self._leaf(n) or self.operations.of(n)
        states = self.cells_graph.states
        starts = [self._start(s) for s in states]
        self.main.nodes.append(self._scan(starts))
        inputs = [self._input(n, t) for n, t in self.cells_graph.inputs.items()]
        before = [
            self.main.value(self.names[s.name], self._sizes(s.type, "B or 1")) for s in states
        ]
        return self.main.made(self.cell.name, [*inputs, *before], self._outputs(), True)

    def _leaf(self, n: Node) -> Ref | None:
        """What stands outside a step: an input at this step, a state before it."""
        if n.op == "input":
            return Ref(f"{n.attrs[0]} at t", True)
        return Ref(f"{self.names[str(n.attrs[0])]} before", True) if n.op == "state" else None

    def _start(self, s: StateValue) -> str:
        """A state before the first step: what is given, else the cell's own start."""
        start = np.asarray(self.numbers.start[s.name], self.main.dtype)[None]
        if self.plane:
            # It is the same everywhere in the plane.
            start = start[..., :1, :1]
        given = self.main.constant(start, self.names[s.name])
        return self.main.node("Expand", given, self.operations.full_shape(s.type))

    def _scan(self, starts: list[str]) -> Any:
        graph, ops = self.cells_graph, self.operations
        new = [ops.full(ops.values[id(s.next)], s.type) for s in graph.states]
        out = ops.full(ops.values[id(graph.output)], graph.output.type)
        names = [f"{self.names[s.name]} after" for s in graph.states]
        for value, name in zip([*new, out], [*names, "output at t"], strict=True):
            self.body.put_out(value, name)
        body = self.body.made("step", self._before(), self._after(names), False)
        inputs = list(graph.inputs)
        return self.main.onnx.helper.make_node(
            "Scan",
            [*starts, *inputs],
            [*self.last, "output"],
            num_scan_inputs=len(inputs),
            body=body,
        )

    def _before(self) -> list[Any]:
        graph = self.cells_graph
        states = [(f"{self.names[s.name]} before", s.type) for s in graph.states]
        inputs = [(f"{n} at t", t) for n, t in graph.inputs.items()]
        return [self.body.value(n, self._sizes(t, "B")) for n, t in (*states, *inputs)]

    def _after(self, names: list[str]) -> list[Any]:
        types = [s.type for s in self.cells_graph.states]
        after = zip([*names, "output at t"], [*types, self.cells_graph.output.type], strict=True)
        return [self.body.value(n, self._sizes(t, "B")) for n, t in after]

    def _input(self, name: str, type: Type) -> Any:
        return self.main.value(name, ("T", *self._sizes(type, "B")))

    def _outputs(self) -> list[Any]:
        states = zip(self.last, self.cells_graph.states, strict=True)
        output = self.main.value("output", ("T", *self._sizes(self.cells_graph.output.type, "B")))
        return [output, *(self.main.value(n, self._sizes(s.type, "B")) for n, s in states)]

    def _sizes(self, type: Type, batch: str) -> writer.Sizes:
        dims = self.operations.dims(type)
        if not self.plane or len(dims) == 2:
            return (batch, *(dims or (1,)))
        return (batch, *dims, "height", "width") if dims else (batch, 1, 1, 1)


def _numbers(graph: Graph, sizes: dict[str, int], options: Options) -> Numbers:
    """The numbers that are given, if they are the cell's."""
    given = options.numbers()
    for name, weight in graph.weights.items():
        wanted, value = list(weight.shape(sizes)), given.weights.get(name)
        got = "none" if value is None else list(value.shape)
        if got != wanted:
            raise ConfigError(f"weight '{name}': expected numbers {wanted}, got {got}")
    for state in graph.states:
        if state.name not in given.start:
            raise ConfigError(f"state '{state.name}': expected numbers to start from, got none")
    return given


def _state_names(names: Names, cell: Cell, graph: Graph, sizes: dict[str, int]) -> dict[str, str]:
    """What each state is called in the model: `x_ago_1` of what a delay remembers."""
    u = unroll(cell, sizes)
    wanted = {
        m.name(k): memory_name(m, k)
        for m in memories(u, reach(u)).values()
        for k in range(2 if m.own else 1, m.steps + 1)
    }
    return {s.name: names.of(s.name, wanted.get(s.name, s.name)) for s in graph.states}
