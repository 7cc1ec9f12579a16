"""Every cell: time of a training step per FLOP, relative to the LSTM's."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from typing import Any

import torch
from measure import side_by_side

from cellsearch import RNN
from cellsearch.derive.cost import count
from cellsearch.errors import LanguageError
from cellsearch.ir import Cell
from cellsearch.lang import library, print_cell

T, B, H = 64, 32, 256
EAGER = (64, 32, 128)
# Units of a cell with filters: channels, and height and width.
CHANNELS, SPACE = 32, (8, 8)


def rows(given: Namespace) -> Iterator[dict[str, Any]]:
    """One for each cell, timed side by side with the LSTM; beside eager torch, 1 and 2 threads."""
    torch.set_num_threads(1)
    cells = library()
    lstm = _made(cells["lstm"], H)
    base, (base_flops, _) = _step(lstm, T, B), _cost(lstm, cells["lstm"])
    for name, cell in cells.items():
        try:
            made = _made(cell, H)
        except LanguageError as error:
            yield {"cell": name, "refused": str(error)}
            continue
        timed = side_by_side({"lstm": base, "ours": _step(made, T, B)}, given.rounds)["ours"]
        flops, depth = _cost(made, cell)
        yield {
            "cell": name,
            "backend": made.backend,
            "median": timed.median,
            "flops": flops * T * B,
            "per_flop_to_lstm": timed.ratio * base_flops / max(flops, 1),
            "depth": depth,
            "matrix_state": any(s.type.kind == "matrix" for s in made.graph.states),
            "eager_to_ours": [_eager_to_ours(cell, max(3, given.rounds // 3), n) for n in (1, 2)],
        }


def _cost(rnn: RNN, cell: Cell) -> tuple[int, int]:
    """FLOPs of a step of one sequence, and how many products wait for each other."""
    hidden, space = rnn.hidden_size, SPACE if has_filters(cell) else ()
    cost = count(rnn.graph, dict.fromkeys(rnn.graph.inputs, hidden), hidden, space)
    return cost.flops_training, cost.sequential_depth


def _eager_to_ours(cell: Cell, rounds: int, threads: int) -> float:
    steps, batch, hidden = EAGER
    pair = {
        "ours": _step(_made(cell, hidden), steps, batch),
        "eager": _step(_made(cell, hidden, backend="reference"), steps, batch),
    }
    torch.set_num_threads(threads)
    ratio = side_by_side(pair, rounds)["eager"].ratio
    torch.set_num_threads(1)
    return ratio


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
    """Time per FLOP, and how much longer eager torch takes, with one thread and with two."""
    for r in rows:
        if "refused" in r:
            print(f"{r['cell']:<24} {r['refused']}")
            continue
        kind = ", matrix state" if r["matrix_state"] else ""
        eager = " / ".join(f"{times:.1f}" for times in r["eager_to_ours"])
        print(
            f"{r['cell']:<24} {r['median']:9.2f} ms  {r['per_flop_to_lstm']:6.2f} per FLOP to the "
            f"LSTM's, depth {r['depth']}; eager takes {eager} times as long{kind}",
            flush=True,
        )
