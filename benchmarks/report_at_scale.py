"""Times a report of 10 variants x 1,000 seeds: load, judge and build, on simulated trials.

python benchmarks/report_at_scale.py [--variants 10] [--seeds 1000]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cellsearch.report import build, verdict
from cellsearch.store import read
from cellsearch.testing.journals import write_journal
from cellsearch.testing.simulation import Arm, Simulation

Result = TypeVar("Result")


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        study = write_journal(_simulation(options.variants, options.seeds), Path(folder) / "study")
        size = (study / "journal.jsonl").stat().st_size / 1e6
        print(f"{options.variants} variants x {options.seeds} seeds, journal of {size:.0f} MB")
        journal = _timed("load", lambda: read(study))
        _timed("verdict", lambda: verdict(journal))
        built = _timed("build (loads again)", lambda: build(study, Path(folder) / "report"))
        print(f"page: {built.index.stat().st_size / 1e6:.1f} MB; figures: {len(built.figures)}")


def _simulation(variants: int, seeds: int) -> Simulation:
    others = (Arm(f"variant_{k}", effect=0.004 * k - 0.012) for k in range(1, variants))
    return Simulation(arms=(Arm("base"), *others), seeds=seeds, name="at_scale")


def _timed(what: str, work: Callable[[], Result]) -> Result:
    start = time.perf_counter()
    result = work()
    print(f"{what:>20}: {time.perf_counter() - start:6.2f} s")
    return result


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=1000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
