"""A state that is affine in itself, unit by unit: its loop has no products in it.

The sequential form is what one would write by hand: all of a step, then all of the next. Beside it,
eager torch with the products of all steps at once before the loop.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from typing import Any

import torch
from cells import FOLDER
from measure import side_by_side
from torch import Tensor, nn
from torch.nn.functional import linear
from ways import Run, check, training_step

from cellsearch import RNN

CELL = FOLDER / "mingru.cell"
SIZES = ((1, 64), (1, 256), (16, 64), (16, 256))
LENGTHS = (16, 64, 256, 1024, 4096)


def rows(given: Namespace) -> Iterator[dict[str, Any]]:
    """One for each number of threads, size and length."""
    for threads in (1, 2):
        torch.set_num_threads(threads)
        for B, H in SIZES:
            for T in LENGTHS:
                # What takes longest is repeated least.
                rounds = max(3, given.rounds * 64 // T)
                yield {"threads": threads, "T": T, "B": B, "H": H, **_of(T, B, H, rounds)}


def _of(T: int, B: int, H: int, rounds: int) -> dict[str, Any]:
    x = torch.randn(T, B, H, requires_grad=True)
    up = torch.randn(T, B, H)
    # The candidate has a kink, and where rounding decides on which side one is, gradients differ.
    difference = check(_ways(H, torch.float64), x.double())
    gru = nn.GRU(H, H)
    runs = {**_ways(H, torch.float32), "torch.nn.GRU": lambda x: gru(x)[0]}
    times = side_by_side({name: training_step(run, x, up) for name, run in runs.items()}, rounds)
    return {"largest_difference": difference, **{name: vars(t) for name, t in times.items()}}


def _ways(H: int, dtype: torch.dtype) -> dict[str, Run]:
    torch.manual_seed(0)
    scan = RNN(CELL, H, H, backend="cpu", dtype=dtype)
    hoisted = RNN(CELL, H, H, backend="reference", dtype=dtype)
    hoisted.load_state_dict(scan.state_dict())
    w = scan.layers[0].forwards()
    return {
        "scan": lambda x: scan(x)[0],
        "sequential": lambda x: _sequential(w, x),
        "eager, hoisted": lambda x: hoisted(x)[0],
    }


def _sequential(w: dict[str, Tensor], x: Tensor) -> Tensor:
    h = x.new_zeros(x.shape[1], len(w["Wz"]))
    outputs = []
    for step in x.unbind():
        z = torch.sigmoid(linear(step, w["Wz"]))
        a = linear(step, w["Wa"])
        n = torch.relu(a) + torch.sigmoid(a.clamp(max=0))
        h = (1 - z) * h + z * n
        outputs.append(h)
    return torch.stack(outputs)


def print_table(rows: list[dict[str, Any]]) -> None:
    """Milliseconds, and how many times that the others take."""
    for r in rows:
        said = "({T:>4},{B:>3},{H:>4}) {threads} thread".format(**r)
        said += f"{r['scan']['median']:10.2f} ms"
        for name in ("sequential", "eager, hoisted", "torch.nn.GRU"):
            said += f"; {name} {r[name]['ratio']:6.1f} times"
        print(f"{said}; differ by {r['largest_difference']:.0e}", flush=True)
