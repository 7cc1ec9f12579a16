"""How fast cells train here, beside what else there is. Numerics are checked before any time.

python benchmarks/speed step [--rounds 11] [--compile]   a training step: beside torch.nn, loops, …
python benchmarks/speed cells [--rounds 11]              every cell, per FLOP
python benchmarks/speed text                             from a text to its first compiled step

--out FOLDER writes the rows as JSON, too.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cells
import step
import text

from cellsearch.where import where


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("step", "cells", "text"))
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--compile", action="store_true", help="torch.compile, too (minutes)")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    table, rows = {
        "step": (step.print_table, lambda: step.rows(given.rounds, given.compile)),
        "cells": (cells.print_table, lambda: cells.rows(given.rounds)),
        "text": (text.print_table, text.rows),
    }[given.what]
    found = []
    for row in rows():
        found.append(row)
        table([row])
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        content = {"where": where(0, "cpu").model_dump(), "rows": found}
        (given.out / f"{given.what}.json").write_text(json.dumps(content, indent=1), "utf-8")


if __name__ == "__main__":
    main()
