"""A driver to be killed: goes on with a sweep, `FOLDER CONFIG TRAINER WORKERS [CLUSTER]`."""

from __future__ import annotations

import sys
from pathlib import Path

from cellsearch.config import SweepConfig
from cellsearch.sweep.executors import Executor, Options
from cellsearch.sweep.executors.process import ProcessExecutor
from cellsearch.sweep.executors.ray.executor import RayExecutor
from cellsearch.sweep.run import Means, sweep


def executor(trainer: str, workers: int, cluster: str | None) -> Executor:
    """Worker processes, or Ray: on a cluster of its `own`, or on the one at that address."""
    if cluster is None:
        return ProcessExecutor(workers, trainer=trainer)
    if cluster == "own":
        return RayExecutor(Options(workers=workers), trainer=trainer)
    return RayExecutor(Options(address=cluster), trainer=trainer)


def main(folder: str, config: str, trainer: str, workers: str, cluster: str | None = None) -> None:
    means = Means(executor=executor(trainer, int(workers), cluster), measure=lambda *_: [])
    journal = sweep(SweepConfig.model_validate_json(config), Path(folder), means)
    print(len(journal.trials), "torch" in sys.modules or "ray" in sys.modules)


if __name__ == "__main__":
    main(*sys.argv[1:])
