"""Peak memory of a training step, beside torch.nn: each way in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHAPE = (200, 16, 512)
# What a step needs beyond what stands before it: torch is there, the cell is compiled, weights and
# input are made. The second step has the first one's gradients.
PROGRAM = """
import sys, torch
from cellsearch import RNN
from ways import VENDOR

way, cell, T, B, H = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
torch.set_num_threads(1)

def made(H):
    return VENDOR[cell](H, H) if way == "torch.nn" else RNN(cell, H, H, backend=way)

def step(rnn, x, up):
    rnn(x)[0].backward(up)

def bytes_now(what):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(l.split()[1]) * 1024 for l in lines if l.startswith(what))

step(made(8), torch.ones(3, 2, 8, requires_grad=True), torch.ones(3, 2, 8))
rnn, x, up = made(H), torch.randn(T, B, H, requires_grad=True), torch.randn(T, B, H)
open("/proc/self/clear_refs", "w").write("5")
before = bytes_now("VmRSS")
step(rnn, x, up)
x.grad = None
step(rnn, x, up)
print(bytes_now("VmHWM") - before)
"""


def rows(given: Namespace) -> Iterator[dict[str, Any]]:
    """One for each cell and way."""
    for cell in ("lstm", "gru", "rnn"):
        vendor = _peak("torch.nn", cell)
        yield {"cell": cell, "way": "torch.nn", "bytes": vendor, "ratio": 1.0}
        for way in ("cpu", "reference"):
            peak = _peak(way, cell)
            yield {"cell": cell, "way": way, "bytes": peak, "ratio": peak / vendor}


def _peak(way: str, cell: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, way, cell, *map(str, SHAPE)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent,
    )
    return int(done.stdout)


def print_table(rows: list[dict[str, Any]]) -> None:
    """Megabytes, ratio to torch.nn."""
    for r in rows:
        print(f"{r['cell']:<5} {r['way']:<10} {r['bytes'] / 1e6:8.1f} MB  {r['ratio']:6.3f}")
