"""Every cell: time of a training step per FLOP, relative to the LSTM's."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from measure import side_by_side

from cellsearch import RNN
from cellsearch.derive.cost import count
from cellsearch.errors import LanguageError
from cellsearch.ir import Cell, Graph
from cellsearch.lang import print_cell
from cellsearch.testing.cases import read_folder

FOLDER = Path(__file__).parents[2] / "tests" / "cells"
T, B, H = 64, 32, 256
EAGER = (64, 32, 128)
# Units of a cell with filters: channels, and height and width.
CHANNELS, SPACE = 32, (8, 8)


def rows(given: Namespace) -> Iterator[dict[str, Any]]:
    """One for each cell, the LSTM first."""
    torch.set_num_threads(1)
    cells = read_folder(FOLDER)
    base: dict[str, Any] | None = None
    for name in ["lstm", *(n for n in cells if n != "lstm")]:
        try:
            row = _of(name, cells[name], given.rounds)
        except LanguageError as error:
            yield {"cell": name, "refused": str(error)}
            continue
        base = base or row
        per_flop = row["median"] / max(row["flops"], 1)
        yield row | {"per_flop_to_lstm": per_flop / (base["median"] / base["flops"])}


def _of(name: str, cell: Cell, rounds: int) -> dict[str, Any]:
    timed = side_by_side({"ours": _step(_made(cell, H), T, B)}, rounds)["ours"]
    ours = _made(cell, H)
    graph: Graph = ours.graph
    space = SPACE if has_filters(cell) else ()
    cost = count(graph, dict.fromkeys(graph.inputs, ours.hidden_size), ours.hidden_size, space)
    steps, batch, hidden = EAGER
    pair = {
        "ours": _step(_made(cell, hidden), steps, batch),
        "eager": _step(_made(cell, hidden, backend="reference"), steps, batch),
    }
    eager = side_by_side(pair, max(3, rounds // 3))["eager"]
    return {
        "cell": name,
        "backend": ours.backend,
        "median": timed.median,
        "flops": cost.flops_training * T * B,
        "depth": cost.sequential_depth,
        "matrix_state": any(s.type.kind == "matrix" for s in graph.states),
        "eager_to_ours": eager.ratio,
    }


def has_filters(cell: Cell) -> bool:
    """Whether its units are in a plane."""
    return "conv(" in print_cell(cell)


def _made(cell: Cell, width: int, backend: str = "cpu") -> RNN:
    if has_filters(cell):
        return RNN(cell, (CHANNELS, *SPACE), CHANNELS, backend=backend)
    return RNN(cell, width, width, backend=backend)


def _step(rnn: RNN, steps: int, batch: int) -> Any:
    units = rnn.input_size if isinstance(rnn.input_size, tuple) else (rnn.input_size,)
    x = torch.randn(steps, batch, *units, requires_grad=True)

    def step() -> None:
        x.grad = None
        rnn(x)[0].sum().backward()

    return step


def print_table(rows: list[dict[str, Any]]) -> None:
    """Time per FLOP, and how much longer eager torch takes."""
    for r in rows:
        if "refused" in r:
            print(f"{r['cell']:<24} {r['refused']}")
            continue
        kind = " matrix state" if r["matrix_state"] else ""
        print(
            f"{r['cell']:<24} {r['median']:9.2f} ms  {r['per_flop_to_lstm']:6.2f} per FLOP to the "
            f"LSTM's, depth {r['depth']}; eager takes {r['eager_to_ours']:.1f} times as long{kind}",
            flush=True,
        )
