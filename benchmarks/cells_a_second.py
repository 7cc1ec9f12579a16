"""What a search pays for a cell before it is trained: parse, check, hash, cost, on one core.

python benchmarks/cells_a_second.py

Ten thousand cells from the grammar of gated cells (cellsearch/testing/gated.py), one after the
other, each stage timed on its own, in several passes, each in a new process; then cells of growing
size, and a profile. Written to benchmarks/measured/cells_a_second.json.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import platform
import pstats
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from cellsearch.derive.cost import count
from cellsearch.derive.hashes import cell_hash, class_hash
from cellsearch.ir import Graph, elaborate
from cellsearch.lang import parse_cell
from cellsearch.testing.gated import gated_cell

MEASURED = Path(__file__).parent / "measured"
CELLS, HIDDEN = 10_000, 128
# Gates of a highway cell: the cell grows with it and stays what it is.
DEPTHS = (1, 2, 4, 8, 16, 32, 64)
ROUNDS, LISTED = 5, 15
PASSES, WARM, PROFILED = 5, 100, 500


def cost(graph: Graph) -> object:
    return count(graph, dict.fromkeys(graph.inputs, HIDDEN), HIDDEN)


STAGES: Sequence[tuple[str, Callable[[Any], Any]]] = (
    ("parse", parse_cell),
    ("check", elaborate),
    ("cell_hash", cell_hash),
    ("class_hash", class_hash),
    ("cost", cost),
)


def stages(text: str) -> dict[str, float]:
    """Seconds of each stage for one cell."""
    took: dict[str, float] = {}
    value: Any = text
    for name, stage in STAGES:
        began = time.perf_counter()
        made = stage(value)
        took[name] = time.perf_counter() - began
        # Hashes and cost are taken of the graph.
        value = made if name in ("parse", "check") else value
    return took


def drawn(cells: int) -> list[str]:
    return [gated_cell(random.Random(seed)) for seed in range(cells)]


def many(cells: int) -> dict[str, Any]:
    """All cells, one after the other."""
    texts = drawn(cells)
    for text in texts[:WARM]:
        stages(text)
    began, own = time.perf_counter(), time.process_time()
    each = [stages(text) for text in texts]
    seconds, busy = time.perf_counter() - began, time.process_time() - own
    milliseconds = {
        name: round(1e3 * sum(took[name] for took in each) / len(each), 3) for name, _ in STAGES
    }
    slowest = max(sum(took.values()) for took in each)
    return {
        "seconds": round(seconds, 2),
        "processor_seconds": round(busy, 2),
        "milliseconds_a_cell": milliseconds,
        "slowest_milliseconds": round(1e3 * slowest, 2),
    }


def passes(cells: int) -> dict[str, Any]:
    """The median pass, and how long each took."""
    found = []
    for _ in range(PASSES):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            found.append(alone.submit(many, cells).result())
    found.sort(key=lambda one: one["seconds"])
    return {"cells": cells, "passes": [one["seconds"] for one in found], **found[PASSES // 2]}


def highway(depth: int) -> str:
    """A recurrent highway cell of this depth."""
    return f"""cell highway(x; h)
    s[0] = h
    repeat k = 1..{depth}
        t[k] = sigmoid(Wt[k] @ x + Rt[k] @ s[k - 1] + bt[k])
        s[k] = s[k - 1] + t[k] * (tanh(Wu[k] @ x + Ru[k] @ s[k - 1] + bu[k]) - s[k - 1])
    h' = s[{depth}]
    param bu
"""


def growth() -> list[dict[str, Any]]:
    """The median of several runs at each size."""
    rows = []
    for depth in DEPTHS:
        text = highway(depth)
        each = [stages(text) for _ in range(ROUNDS)]
        row: dict[str, Any] = {"depth": depth, "nodes": len(elaborate(parse_cell(text)).nodes)}
        for name, _ in STAGES:
            row[name] = round(1e3 * sorted(took[name] for took in each)[ROUNDS // 2], 2)
        rows.append(row)
    return rows


def profile(texts: Sequence[str]) -> dict[str, float]:
    """The files in which most of the time goes, by their share; what is built in by itself."""
    profiler = cProfile.Profile()
    profiler.runcall(lambda: [stages(text) for text in texts])
    found = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    own: Counter[str] = Counter()
    for (file, _, _), (_, _, seconds, _, _) in found.items():
        name = "built in" if file == "~" else "/".join(Path(file).with_suffix("").parts[-2:])
        own[name] += seconds
    return {name: round(seconds / own.total(), 3) for name, seconds in own.most_common(LISTED)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=CELLS)
    given = parser.parse_args()
    found = {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "drawn": passes(given.cells),
        "growth": growth(),
        "profile": profile(drawn(PROFILED)),
    }
    print(json.dumps(found, indent=2))
    if given.cells == CELLS:
        MEASURED.joinpath("cells_a_second.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
