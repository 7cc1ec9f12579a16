"""A training step, forward and backward: this, torch.nn, loops, torch.compile, and the floor."""

from __future__ import annotations

import os
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

import torch
from measure import side_by_side
from ways import VENDOR, check, floor, training_step, ways

Shape = tuple[int, int, int]
SHAPES = ((35, 20, 200), (35, 20, 650), (64, 32, 128), (64, 64, 256), (200, 16, 512))
# Unrolled loops of this many steps at the most are given to torch.compile.
COMPILED_STEPS = 35


def rows(given: Namespace) -> Iterator[dict[str, Any]]:
    """One for each cell, shape, number of threads and way."""
    for threads in (1, 2):
        torch.set_num_threads(threads)
        for cell in VENDOR:
            for shape in SHAPES:
                for row in _of(cell, shape, given.rounds):
                    yield {"cell": cell, "shape": shape, "threads": threads, **row}
    if given.compile:
        torch.set_num_threads(1)
        for shape in SHAPES:
            if shape[0] <= COMPILED_STEPS:
                yield {"cell": "lstm", "shape": shape, "threads": 1} | _compiled(
                    shape, given.rounds
                )


def _of(cell: str, shape: Shape, rounds: int) -> Iterator[dict[str, Any]]:
    T, B, H = shape
    torch.manual_seed(0)
    runs, x = ways(cell, H, H), torch.randn(T, B, H, requires_grad=True)
    difference = check(runs, x)
    up = torch.randn(T, B, H)
    steps = {name: training_step(run, x, up) for name, run in runs.items()}
    steps["floor: products alone"] = floor(cell, T, B, H, H)
    for name, t in side_by_side(steps, rounds).items():
        yield {"way": name, **vars(t), "largest_difference": difference}


def _compiled(shape: Shape, rounds: int) -> dict[str, Any]:
    """What torch.compile makes of a loop: after all else, since its workers disturb."""
    T, B, H = shape
    runs, x = ways("lstm", H, H), torch.randn(T, B, H, requires_grad=True)
    torch.compiler.reset()
    compiled = torch.compile(runs["loop of linears"])
    with tempfile.TemporaryDirectory() as empty:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = empty
        began = time.perf_counter()
        compiled(x).sum().backward()
        seconds = time.perf_counter() - began
    pair = {"torch.nn": runs["torch.nn"], "torch.compile": compiled}
    difference = check(pair, x)
    up = torch.randn(T, B, H)
    times = side_by_side({name: training_step(run, x, up) for name, run in pair.items()}, rounds)
    found = {"way": "torch.compile", **vars(times["torch.compile"])}
    return found | {"largest_difference": difference, "compile_seconds": seconds}


def print_table(rows: list[dict[str, Any]]) -> None:
    """Milliseconds, quartiles and ratio to torch.nn."""
    for r in rows:
        shape = "({:>3},{:>3},{:>4})".format(*r["shape"])
        said = f"{r['cell']:<5} {shape} {r['threads']} thread  {r['way']:<24}"
        said += f"{r['median']:9.2f} ms ({r['low']:.2f} to {r['high']:.2f})  {r['ratio']:6.3f}"
        if "compile_seconds" in r:
            said += f"  compiled in {r['compile_seconds']:.1f} s"
        print(said, flush=True)
