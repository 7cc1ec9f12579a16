"""What recordings cost: one trial with all of them and without, in turns.

    python benchmarks/recordings.py
    python benchmarks/recordings.py --pairs 1 --tokens 100000     a small one

The machine must be otherwise idle. A pair is the same trial twice, once recorded, in an order that
changes from pair to pair. The cost is the whole trial's time above that of its twin, as a share of
the twin's training time; target: at most 5% in the median. It is told by the clock, by the
processor's time, which neighbours of a virtual machine disturb less, and by the seconds that the
trial itself says it recorded. That both end with the same metrics, bit for bit, is checked in every
pair. Each pair is written to benchmarks/measured/recordings.json as it ends, and a second call goes
on from there; --anew begins anew.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from cellsearch import data, lang
from cellsearch.config import KINDS, ModelConfig, TaskConfig, TrainConfig, TrialConfig
from cellsearch.record import Outcome
from cellsearch.recorded import Wanted
from cellsearch.train import train
from cellsearch.where import where

MEASURED = Path(__file__).parent / "measured" / "recordings.json"


def trial(tokens: int) -> TrialConfig:
    task = TaskConfig()
    return TrialConfig(
        variant="lstm",
        cells={"cell": lang.print_cell(lang.load_cell("lstm"))},
        task=task,
        model=ModelConfig(hidden=128),
        train=TrainConfig(tokens=tokens),
        backend="auto",
        seed=0,
        data_sha256=data.load(task).sha256,
    )


def ended(one: TrialConfig, file: Path | None) -> tuple[Outcome, float]:
    """What came of it, and the seconds of the processor that it took."""
    start = time.process_time()
    outcome = train(one, recordings=Wanted(KINDS, file) if file else None)
    return outcome, time.process_time() - start


def pair(one: TrialConfig, number: int, folder: Path) -> dict[str, float]:
    """Seconds of one pair."""
    files = [None, folder / "recordings"]
    found = {file is not None: ended(one, file) for file in files[:: -1 if number % 2 else 1]}
    (plain, cpu), (recorded, cpu_recorded) = found[False], found[True]
    assert recorded.status == "done", recorded.error
    assert recorded.metrics == plain.metrics
    assert recorded.curves == plain.curves
    return {
        "train": plain.times["train"],
        "total": plain.times["total"],
        "total_recorded": recorded.times["total"],
        "cpu": cpu,
        "cpu_recorded": cpu_recorded,
        "record": recorded.times["record"],
    }


def shares(each: list[dict[str, float]]) -> dict[str, float]:
    """The cost as a share of training time: of the whole trial by both clocks, and by its own."""
    return {
        "whole": median((p["total_recorded"] - p["total"]) / p["train"] for p in each),
        "processor": median((p["cpu_recorded"] - p["cpu"]) / p["train"] for p in each),
        "own": median(p["record"] / p["train"] for p in each),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--tokens", type=int, default=2_000_000)
    parser.add_argument("--anew", action="store_true")
    parser.add_argument("--out", type=Path, default=MEASURED)
    asked = parser.parse_args()
    one = trial(asked.tokens)
    # What is compiled and imported once is no part of it.
    ended(trial(one.train.batch * one.train.segment * 4), None)
    held: dict[str, Any] = {"tokens": asked.tokens, "pairs": []}
    if asked.out.exists() and not asked.anew:
        held = json.loads(asked.out.read_text("utf-8"))
        if held["tokens"] != asked.tokens:
            parser.error(f"{asked.out} has pairs of {held['tokens']} tokens; say --anew")
    for number in range(len(held["pairs"]), asked.pairs):
        with tempfile.TemporaryDirectory() as folder:
            held["pairs"].append(pair(one, number, Path(folder)))
        held |= {"shares": shares(held["pairs"])}
        held |= {"where": where(one.train.threads, one.backend).model_dump()}
        asked.out.parent.mkdir(exist_ok=True)
        asked.out.write_text(json.dumps(held, indent=1) + "\n", "utf-8")
        print(f"pair {number + 1}: {held['pairs'][-1]}")
    print(held["shares"])


if __name__ == "__main__":
    main()
