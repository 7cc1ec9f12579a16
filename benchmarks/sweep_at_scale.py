"""A sweep of thousands of trials that take no time: what the driver itself takes, as it goes on.

python benchmarks/sweep_at_scale.py [--proposer tpe]
python benchmarks/sweep_at_scale.py --executor ray --trials 2000

Each trial says at once that it took ten seconds and leaves a line as long as a real one. Sampled at
a hundred moments: memory of the driver and of Ray's servants, time of the clock and of the
processor, time in proposals. Written to benchmarks/measured/ as JSON and as a figure.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from cellsearch.config import SweepConfig, TrialConfig
from cellsearch.record import Outcome, Progress
from cellsearch.sweep import proposers
from cellsearch.sweep.executors.base import Executor
from cellsearch.sweep.executors.options import Options
from cellsearch.sweep.executors.process import ProcessExecutor
from cellsearch.sweep.executors.ray.executor import RayExecutor
from cellsearch.sweep.run import Means, sweep
from cellsearch.sweep.watching.display import Silent
from cellsearch.testing.outcomes import outcome
from cellsearch.testing.simulation import Arm

MEASURED = Path(__file__).parent / "measured"
TRAINER = "sweep_at_scale:train"
SIMULATED_SECONDS = 10.0
VARIANTS = ("r = 1", "z = r", "init bn = 1", "init bz = 1", "init br = 1", "init bz = -1")
Sample = dict[str, float]


def train(trial: TrialConfig, *, progress: Any = None, **_: Any) -> Outcome:
    """A trial that takes no time and says that it took ten seconds."""
    of = trial.train.tokens
    progress(Progress(tokens=of, of=of, loss=None, tokens_per_second=of / SIMULATED_SECONDS))
    key = hash(json.dumps([trial.train.model_dump(mode="json"), trial.variant])) % 2**31
    found = outcome(Arm(trial.variant), trial.seed, 1.0 + (key % 1000) / 1000, key)
    return found.model_copy(update={"times": {"total": SIMULATED_SECONDS}})


class Sampler(Silent):
    """Looks at the driver each time that a hundredth of the trials has ended."""

    def __init__(self, trials: int) -> None:
        self.samples: list[Sample] = []
        self.proposing = 0.0
        self._every = max(1, trials // 100)
        self._ended = 0
        self._began = time.perf_counter()

    def finished(self, line: object) -> None:
        self._ended += 1
        if self._ended % self._every == 0:
            self.samples.append(
                {
                    "trials": self._ended,
                    "seconds": time.perf_counter() - self._began,
                    "processor_seconds": time.process_time(),
                    "proposing_seconds": self.proposing,
                    "driver_mb": rss_mb(os.getpid()),
                    "helpers_mb": helpers_mb(),
                }
            )

    @contextmanager
    def timing(self, proposer: str) -> Iterator[None]:
        """Time every proposal."""
        kind = proposers.find(proposer)
        propose = kind.propose

        def timed(*arguments: Any) -> Any:
            began = time.perf_counter()
            try:
                return propose(*arguments)
            finally:
                self.proposing += time.perf_counter() - began

        kind.propose = timed  # type: ignore[method-assign]
        try:
            yield
        finally:
            kind.propose = propose  # type: ignore[method-assign]


def rss_mb(process: int) -> float:
    """Resident memory; nothing where the process is gone."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def helpers_mb() -> float:
    """Of those that would grow if something of each trial stayed with them: not the trainers."""
    found = 0.0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            line = path.read_bytes().decode(errors="replace")
            if any(part in line for part in ("executors.ray.keeper", "ray::Desk", "gcs_server")):
                found += rss_mb(int(path.parent.name))
    return found


def config(trials: int, proposer: str) -> SweepConfig:
    """Four fifths of the trials in the tuning, the rest in the comparison."""
    count = len(VARIANTS) + 1
    space = {
        "train.optimizer.learning_rate": {"low": 1e-4, "high": 1e-1, "log": True},
        "model.dropout.output": {"low": 0.0, "high": 0.5},
        "train.clip": [0.5, 1.0, 5.0],
    }
    return SweepConfig.model_validate(
        {
            "name": "at_scale",
            "base": "gru",
            "variants": {f"v{i}": {"with": edit} for i, edit in enumerate(VARIANTS)},
            "task": {"corpus": "grammar:train=20000,valid=2000,test=2000"},
            "tune": {"trials": trials * 4 // 5 // count, "proposer": proposer, "space": space},
            "seeds": max(1, trials // 5 // count),
        }
    )


def summary(samples: list[Sample]) -> dict[str, float]:
    """The end beside the beginning, where a tenth of the trials is the beginning."""
    tenth = len(samples) // 10
    first, last = samples[tenth], samples[-1]
    per_trial = [
        1000 * (b["seconds"] - a["seconds"]) / (b["trials"] - a["trials"])
        for a, b in pairwise(samples)
    ]
    wall = SIMULATED_SECONDS * last["trials"] / 2
    return {
        "driver_mb_at_a_tenth": first["driver_mb"],
        "driver_mb_at_the_end": last["driver_mb"],
        "helpers_mb_at_a_tenth": first["helpers_mb"],
        "helpers_mb_at_the_end": last["helpers_mb"],
        "ms_per_trial_second_tenth": sum(per_trial[tenth : 2 * tenth]) / tenth,
        "ms_per_trial_last_tenth": sum(per_trial[-tenth:]) / tenth,
        "proposing_share_of_processor": last["proposing_seconds"] / last["processor_seconds"],
        "proposing_share_of_simulated_time": last["proposing_seconds"] / wall,
        "driver_share_of_simulated_time": last["processor_seconds"] / wall,
    }


def draw(samples: list[Sample], path: Path) -> None:
    """Memory, time per trial, time in proposals."""
    from matplotlib.figure import Figure

    trials = [s["trials"] for s in samples]
    steps = list(pairwise(samples))
    each = [1000 * (b["seconds"] - a["seconds"]) / (b["trials"] - a["trials"]) for a, b in steps]
    figure = Figure(figsize=(10, 2.8), layout="constrained")
    memory, pace, proposing = figure.subplots(1, 3)
    memory.plot(trials, [s["driver_mb"] for s in samples], label="driver")
    if any(s["helpers_mb"] for s in samples):
        memory.plot(trials, [s["helpers_mb"] for s in samples], label="Ray: engine, desk, GCS")
    memory.set(title="resident memory, MB", xlabel="trials", ylim=(0, None))
    memory.legend(frameon=False)
    pace.plot(trials[1:], each)
    pace.set(title="ms a trial, by the clock", xlabel="trials", ylim=(0, None))
    proposing.plot(trials, [s["proposing_seconds"] for s in samples], label="proposals")
    proposing.plot(trials, [s["processor_seconds"] for s in samples], label="driver")
    proposing.set(title="processor seconds", xlabel="trials", ylim=(0, None))
    proposing.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    options = _options()
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)
    asked = config(options.trials, options.proposer)
    sampler = Sampler(options.trials)
    with tempfile.TemporaryDirectory() as folder, sampler.timing(options.proposer):
        executor = _executor(options.executor, options.workers)
        means = Means(executor=executor, display=sampler, measure=lambda *_: [])
        sweep(asked, Path(folder) / "study", means)
    found = summary(sampler.samples)
    for name, value in found.items():
        print(f"{name:>36} {value:10.4f}")
    name = f"scale_{options.executor}_{options.proposer}"
    MEASURED.joinpath(f"{name}.json").write_text(
        json.dumps({"summary": found, "samples": sampler.samples}, indent=1) + "\n"
    )
    draw(sampler.samples, MEASURED / f"{name}.svg")


def _executor(name: str, workers: int) -> Executor:
    if name == "ray":
        return RayExecutor(Options(workers=workers), trainer=TRAINER)
    return ProcessExecutor(workers, trainer=TRAINER)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--executor", choices=("process", "ray"), default="process")
    parser.add_argument("--proposer", default="random")
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
