"""What a sweep costs beside its training: 24 trials of some 10 s by each executor, and by hand.

    python benchmarks/sweep_overhead.py
    python benchmarks/sweep_overhead.py --trials 4 --tokens 20000 --rounds 1    a small one

The machine must be otherwise idle. A trial's training time is measured in the trial. Target: from
the first trial's start to the last one's end at most 1.1 times the sum of training times divided by
the workers. By hand is the same trials as a plain function for Ray Tune.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median

from cellsearch.config import SweepConfig, TrialConfig
from cellsearch.sweep.executors.base import Event, Executor, Finished, Items, Moved, Started
from cellsearch.sweep.executors.options import Options
from cellsearch.sweep.executors.process import ProcessExecutor
from cellsearch.sweep.executors.ray.executor import RayExecutor
from cellsearch.sweep.run import Means, sweep

MEASURED = Path(__file__).parent / "measured" / "sweep_overhead.json"


def config(trials: int, tokens: int) -> SweepConfig:
    """So many seeds of one cell: the trials are equally long."""
    train = {"tokens": tokens, "batch": 16, "segment": 32, "evaluations": 2}
    return SweepConfig.model_validate(
        {
            "name": "overhead",
            "base": "lstm",
            "task": {"corpus": "grammar:train=200000,valid=20000,test=20000"},
            "model": {"hidden": 64},
            "train": train,
            "seeds": trials,
        }
    )


class Watched(Executor):
    """Another executor, with the time of everything that it says."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self.events: list[tuple[float, Event]] = []
        self.items: list[TrialConfig] = []

    def run(self, items: Items) -> Iterator[Event]:
        self.began = time.perf_counter()
        for event in self._executor.run(self._seen(items)):
            if not isinstance(event, Moved):
                self.events.append((time.perf_counter(), event))
            yield event
        self.ended = time.perf_counter()

    def stop(self) -> None:
        self._executor.stop()

    def _seen(self, items: Items) -> Iterator[object]:
        for item in items:
            if item is not None:
                self.items.append(item.trial)
            yield item


def overhead(
    name: str, executor: Executor, options: argparse.Namespace
) -> tuple[float, list[TrialConfig]]:
    """Run the sweep, and say where its time went; its share, and its trials."""
    watched = Watched(executor)
    with tempfile.TemporaryDirectory() as folder:
        means = Means(executor=watched, measure=lambda *_: [])
        journal = sweep(config(options.trials, options.tokens), Path(folder) / "study", means)
    training = sum(t.outcome.times["total"] for t in journal.trials)
    starts = [at for at, event in watched.events if isinstance(event, Started)]
    ends = [at for at, event in watched.events if isinstance(event, Finished)]
    taken = ends[-1] - starts[0]
    ratio = tell(name, training, options.workers, taken, starts[0] - watched.began)
    gaps = list(_gaps(watched.events))
    if gaps:
        print(f"{'':10} between trials: {mean(gaps):.3f} s, at most {max(gaps):.3f} s")
    print(f"{'':10} to end it: {watched.ended - ends[-1]:.2f} s")
    return ratio, watched.items


def tell(name: str, training: float, workers: int, taken: float, start: float) -> float:
    ideal = training / workers
    print(
        f"{name:10} {taken:7.2f} s for {training:.2f} s of training by {workers} workers: ", end=""
    )
    print(f"{taken / ideal:.3f} of what it must take; before it {start:.2f} s to start", flush=True)
    return taken / ideal


def _gaps(events: list[tuple[float, Event]]) -> Iterator[float]:
    """From a trial's end to the start of the next on the same worker."""
    worker: dict[str, str] = {}
    free: dict[str, float] = {}
    for at, event in events:
        if isinstance(event, Started):
            worker[event.key] = event.worker
            if event.worker in free:
                yield at - free[event.worker]
        if isinstance(event, Finished):
            free[worker[event.key]] = at


# The same trials as one would write them for Ray Tune by hand, in a process of its own.
BY_HAND = """
import json, sys, time
began = time.perf_counter()
import ray
from ray import tune

def trial(config):
    from cellsearch.config import TrialConfig
    from cellsearch.train import train
    start = time.time()
    outcome = train(TrialConfig.model_validate_json(config["trial"]))
    tune.report({"total": outcome.times["total"], "start": start, "end": time.time()})

workers, trials = int(sys.argv[1]), json.load(sys.stdin)
ray.init("local", num_cpus=workers, include_dashboard=False, log_to_driver=False,
         runtime_env={"env_vars": {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}})
at = time.time() - (time.perf_counter() - began)
tuner = tune.Tuner(
    tune.with_resources(trial, {"CPU": 1}),
    param_space={"trial": tune.grid_search(trials)},
    tune_config=tune.TuneConfig(reuse_actors=True, metric="total", mode="min"),
    run_config=tune.RunConfig(storage_path=sys.argv[2], verbose=0),
)
found = [result.metrics for result in tuner.fit()]
start, end = min(m["start"] for m in found), max(m["end"] for m in found)
with open(sys.argv[3], "w") as file:
    json.dump([sum(m["total"] for m in found), end - start, start - at], file)
"""


def by_hand(trials: list[TrialConfig], workers: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said.json"
        subprocess.run(
            [sys.executable, "-c", BY_HAND, str(workers), folder, str(said)],
            input=json.dumps([trial.model_dump_json() for trial in trials]),
            env=os.environ | {"RAY_USAGE_STATS_ENABLED": "0"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            check=True,
        )
        training, taken, start = json.loads(said.read_text())
    return tell("by hand", training, workers, taken, start)


def main() -> None:
    options = _options()
    rounds: list[dict[str, float]] = []
    for _ in range(options.rounds):
        process, _trials = overhead("process", ProcessExecutor(options.workers), options)
        ray, trials = overhead("ray", RayExecutor(Options(workers=options.workers)), options)
        hand = by_hand(trials, options.workers)
        rounds.append({"process": process, "ray": ray, "by hand": hand})
    medians = {name: median(r[name] for r in rounds) for name in rounds[0]}
    print(", ".join(f"{name} {ratio:.3f}" for name, ratio in medians.items()))
    MEASURED.write_text(json.dumps({"median": medians, "rounds": rounds}, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--tokens", type=int, default=1_800_000, help="of each trial")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
