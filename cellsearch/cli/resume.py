"""`cellsearch resume`: what is left of a study, or more seeds of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from cellsearch.cli.study import SET, require, work_on
from cellsearch.cli.way import Way, with_way


@with_way
def resume(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A study's folder.")],
    *,
    way: Way,
    overrides: SET = None,
    retry: Annotated[
        str | None,
        typer.Option(
            metavar="KINDS", help="Try again what failed: `failed`, or kinds such as oom,killed."
        ),
    ] = None,
) -> None:
    """Go on with a study that was stopped or killed, or add seeds to it.

    Only `seeds` can be set, `record`, and `task.corpus` where the text lies
    elsewhere by now: the rest of the plan is frozen. Adding seeds is another
    look at the data, and the verdicts pay for it.

    \b
    Example:
      cellsearch resume results/demo
      cellsearch resume results/demo --set seeds=8
    """
    from cellsearch.sweep.again import never, of_kinds
    from cellsearch.sweep.run import resume as run

    require(folder)
    again = never if retry is None else of_kinds(retry)
    work_on(folder, way, lambda means: run(folder, overrides or [], replace(means, again=again)))
