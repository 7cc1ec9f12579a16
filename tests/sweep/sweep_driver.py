"""A driver to be killed: goes on with a sweep, `FOLDER CONFIG TRAINER WORKERS`."""

from __future__ import annotations

import sys
from pathlib import Path

from cellsearch.config import SweepConfig
from cellsearch.sweep.executors.process import ProcessExecutor
from cellsearch.sweep.run import Means, sweep


def main(folder: str, config: str, trainer: str, workers: str) -> None:
    executor = ProcessExecutor(int(workers), trainer=trainer)
    means = Means(executor=executor, measure=lambda *_: [])
    journal = sweep(SweepConfig.model_validate_json(config), Path(folder), means)
    print(len(journal.trials), "torch" in sys.modules)


if __name__ == "__main__":
    main(*sys.argv[1:])
