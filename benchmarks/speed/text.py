"""From a text to the first compiled step: with an empty cache, and with one that has the cell."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from cells import FOLDER, has_filters

from cellsearch.lang import print_cell
from cellsearch.testing.cases import read_folder

# One process may be slower than the next throughout; the first finds the cache empty.
PROCESSES = 3
# Torch is there, and has run a cell: what is told is what one more cell takes.
PROGRAM = """
import statistics, sys, time, torch
from cellsearch import RNN
torch.set_num_threads(1)
cell, units = sys.stdin.read(), tuple(map(int, sys.argv[1:]))

def seconds(cell, *units):
    x = torch.ones(3, 2, *units)
    began = time.perf_counter()
    RNN(cell, units if len(units) > 1 else units[0], 8, backend="cpu")(x)[0].sum().backward()
    return time.perf_counter() - began

RNN("rnn", 8, 8, backend="reference")(torch.ones(3, 2, 8))[0].sum().backward()
empty = seconds(cell, *units)
seconds("rnn", 8)
print(empty, statistics.median(seconds(cell, *units) for _ in range(5)))
"""


def rows(given: Namespace) -> Iterator[dict[str, Any]]:
    """One for each cell that is compiled."""
    cells = read_folder(FOLDER)
    for name in sorted(p.stem for p in FOLDER.glob("*.cell")):
        units = ["8", "8", "8"] if has_filters(cells[name]) else ["8"]
        with tempfile.TemporaryDirectory() as cache:
            done = [_run(print_cell(cells[name]), units, cache) for _ in range(PROCESSES)]
        if done[0].returncode:
            yield {"cell": name, "refused": done[0].stderr.strip().splitlines()[-1]}
        else:
            times = [tuple(map(float, d.stdout.split())) for d in done]
            cached = median(cached for _, cached in times)
            yield {"cell": name, "empty_cache": times[0][0], "cached": cached}


def _run(cell: str, units: list[str], cache: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *units],
        input=cell,
        env={**os.environ, "CELLSEARCH_CACHE": cache},
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def print_table(rows: list[dict[str, Any]]) -> None:
    """Seconds, milliseconds."""
    for r in rows:
        said = r.get("refused") or f"{r['empty_cache']:6.2f} s, cached {r['cached'] * 1e3:6.1f} ms"
        print(f"{r['cell']:<24} {said}", flush=True)
