"""What a sweep costs beside its training: 24 trials of some 10 s by each executor, and by hand.

    python benchmarks/sweep_overhead.py
    python benchmarks/sweep_overhead.py --trials 4 --tokens 20000 --rounds 1    a small one

The machine must be otherwise idle. A trial's training time is measured in the trial. Target: from
the first trial's start to the last one's end at most 1.1 times the sum of training times divided by
the workers. By hand is the same trials as a plain function for Ray Tune. Each round's breakdown and
the median of the ratios are written to benchmarks/measured/sweep_overhead.json.
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
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, median

from cellsearch.config import SweepConfig, TrialConfig
from cellsearch.sweep.executors.base import Event, Executor, Finished, Items, Moved, Started
from cellsearch.sweep.executors.options import Options
from cellsearch.sweep.executors.process import ProcessExecutor
from cellsearch.sweep.executors.ray.executor import RayExecutor
from cellsearch.sweep.run import Means, sweep
from cellsearch.where import where

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


@dataclass
class Spent:
    """Where the seconds of a sweep went. What nobody sees by hand is None.

    Attributes:
        start: from the call to the first trial's start.
        training: of all trials, measured in them.
        taken: from the first trial's start to the last one's end.
        between: from a trial's end to the start of the next on the same worker, on average.
        longest: the longest of these.
        end: from the last trial's end to the return.
    """

    start: float
    training: float
    taken: float
    between: float | None = None
    longest: float | None = None
    end: float | None = None

    def ratio(self, workers: int) -> float:
        """What it took, of what it must take."""
        return self.taken * workers / self.training


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


def spent(executor: Executor, options: argparse.Namespace) -> tuple[Spent, list[TrialConfig]]:
    """Run the sweep; where its time went, and its trials."""
    watched = Watched(executor)
    with tempfile.TemporaryDirectory() as folder:
        means = Means(executor=watched, measure=lambda *_: [])
        journal = sweep(config(options.trials, options.tokens), Path(folder) / "study", means)
    starts = [at for at, event in watched.events if isinstance(event, Started)]
    ends = [at for at, event in watched.events if isinstance(event, Finished)]
    gaps = list(_gaps(watched.events)) or [0.0]
    found = Spent(
        start=starts[0] - watched.began,
        training=sum(t.outcome.times["total"] for t in journal.trials),
        taken=ends[-1] - starts[0],
        between=mean(gaps),
        longest=max(gaps),
        end=watched.ended - ends[-1],
    )
    return found, watched.items


def tell(name: str, found: Spent, workers: int) -> None:
    """One line."""
    seconds = ", ".join(f"{k} {v:.3f}" for k, v in asdict(found).items() if v is not None)
    print(f"{name:10} {found.ratio(workers):.3f} of what it must take; {seconds}", flush=True)


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


def by_hand(trials: list[TrialConfig], workers: int) -> Spent:
    """The same trials, without cellsearch's sweep."""
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
    return Spent(start=start, training=training, taken=taken)


def one_round(options: argparse.Namespace) -> dict[str, Spent]:
    """Each once, one after the other."""
    process, trials = spent(ProcessExecutor(options.workers), options)
    ray, _ = spent(RayExecutor(Options(workers=options.workers)), options)
    found = {"process": process, "ray": ray, "by hand": by_hand(trials, options.workers)}
    for name, each in found.items():
        tell(name, each, options.workers)
    return found


def main() -> None:
    options = _options()
    rounds = [one_round(options) for _ in range(options.rounds)]
    medians = {name: median(r[name].ratio(options.workers) for r in rounds) for name in rounds[0]}
    print(", ".join(f"{name} {ratio:.3f}" for name, ratio in medians.items()))
    seconds = [{name: asdict(each) for name, each in r.items()} for r in rounds]
    ran = where(1, "cpu").model_dump(mode="json")
    said = {"workers": options.workers, "median_ratio": medians, "seconds": seconds, "where": ran}
    options.out.write_text(json.dumps(said, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--tokens", type=int, default=1_400_000, help="of each trial")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=MEASURED)
    return parser.parse_args()


if __name__ == "__main__":
    main()
