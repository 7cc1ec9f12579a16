"""`cellsearch resume`: what is left of a study, or more seeds of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellsearch.cli.study import (
    ADDRESS,
    EXECUTOR,
    GPUS,
    MAX_HOURS,
    SET,
    STORAGE,
    TENSORBOARD,
    WORKERS,
    Way,
    require,
    work_on,
)


def resume(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A study's folder.")],
    executor: EXECUTOR = "process",
    workers: WORKERS = None,
    gpus_per_trial: GPUS = 0.0,
    address: ADDRESS = None,
    storage: STORAGE = None,
    overrides: SET = None,
    max_hours: MAX_HOURS = None,
    tensorboard: TENSORBOARD = False,
    retry: Annotated[
        str | None,
        typer.Option(
            metavar="KINDS", help="Try again what failed: `failed`, or kinds such as oom,killed."
        ),
    ] = None,
) -> None:
    """Go on with a study that was stopped or killed, or add seeds to it.

    Only `seeds` can be set: the rest of the plan is frozen. Adding seeds is
    another look at the data, and the verdicts pay for it.

    \b
    Example:
      cellsearch resume results/demo
      cellsearch resume results/demo --set seeds=8
    """
    from cellsearch.sweep.run import resume as run

    require(folder)
    way = Way(executor, workers, gpus_per_trial, address, storage, max_hours, tensorboard, retry)
    work_on(folder, way, lambda means: run(folder, overrides or [], means))
