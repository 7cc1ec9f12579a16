"""How fast cells train here, beside what else there is. Numerics are checked before any time.

python benchmarks/speed step     a training step: beside torch.nn, loops and the products alone
python benchmarks/speed cells    every cell, per FLOP
python benchmarks/speed text     from a text to its first compiled step
python benchmarks/speed scan     a recurrence that is affine, from short sequences to long ones
python benchmarks/speed trial    where the time of a whole trial goes
python benchmarks/speed memory   peak memory of a training step

--rounds N   how often each is timed; --compile has `step` run torch.compile, too (minutes).
--out FOLDER writes the rows as JSON, and those of `step` as a plot.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cells
import memory
import plot
import scan
import step
import text
import trial

from cellsearch.where import where

TABLES = {
    "step": step,
    "cells": cells,
    "text": text,
    "scan": scan,
    "trial": trial,
    "memory": memory,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=TABLES)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    table = TABLES[given.what]
    found = []
    for row in table.rows(given):
        found.append(row)
        table.print_table([row])
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        content = {"where": where(0, "cpu").model_dump(), "rows": found}
        (given.out / f"{given.what}.json").write_text(json.dumps(content, indent=1), "utf-8")
        if given.what == "step":
            plot.draw(found, given.out / "step.svg")


if __name__ == "__main__":
    main()
