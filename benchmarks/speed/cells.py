"""Every cell: time of a training step per FLOP, relative to the LSTM's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from measure import side_by_side

from cellsearch import RNN
from cellsearch.derive.cost import count
from cellsearch.errors import LanguageError
from cellsearch.ir import Cell, Graph
from cellsearch.testing.cases import read_folder

FOLDER = Path(__file__).parents[2] / "tests" / "cells"
T, B, H = 64, 32, 256
EAGER = (64, 32, 128)


def rows(rounds: int) -> Iterator[dict[str, Any]]:
    """One for each cell, the LSTM first."""
    torch.set_num_threads(1)
    cells = read_folder(FOLDER)
    base: dict[str, Any] | None = None
    for name in ["lstm", *(n for n in cells if n != "lstm")]:
        try:
            row = _of(name, cells[name], rounds)
        except LanguageError as error:
            yield {"cell": name, "refused": str(error)}
            continue
        base = base or row
        per_flop = row["median"] / max(row["flops"], 1)
        yield row | {"per_flop_to_lstm": per_flop / (base["median"] / base["flops"])}


def _of(name: str, cell: Cell, rounds: int) -> dict[str, Any]:
    ours = RNN(cell, H, H)
    graph: Graph = ours.graph
    cost = count(graph, dict.fromkeys(graph.inputs, H), H)
    (timed,) = side_by_side({"ours": _step(ours, T, B, H)}, rounds).values()
    steps, batch, hidden = EAGER
    pair = {
        "ours": _step(RNN(cell, hidden, hidden), steps, batch, hidden),
        "eager": _step(RNN(cell, hidden, hidden, backend="reference"), steps, batch, hidden),
    }
    eager = side_by_side(pair, max(3, rounds // 3))["eager"]
    return {
        "cell": name,
        "backend": ours.backend,
        "median": timed.median,
        "flops": cost.flops_training,
        "depth": cost.sequential_depth,
        "matrix_state": any(s.type.kind == "matrix" for s in graph.states),
        "eager_to_ours": eager.ratio,
    }


def _step(rnn: RNN, steps: int, batch: int, width: int) -> Any:
    x = torch.randn(steps, batch, width, requires_grad=True)

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
