"""`cellsearch confirm`: the best of a tuning, with fresh seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellsearch.cli.study import require, work_on
from cellsearch.cli.way import Way, with_way


@with_way
def confirm(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A study's folder.")],
    top: Annotated[int, typer.Option(min=1, help="How many variants, besides the base.")],
    seeds: Annotated[int, typer.Option(min=1, help="Fresh seeds of each.")],
    way: Way,
) -> None:
    """Compare the best variants of a tuning with the base, to the full budget.

    The study was tuned with `seeds: 0`. The best are those of the lowest
    validation loss; mirrors and copies of what is compared come along. Test
    loss is read here for the first time.

    \b
    Example:
      cellsearch sweep many.yaml --set seeds=0
      cellsearch confirm results/many --top 3 --seeds 10
    """
    from cellsearch.sweep.run import confirm as run

    require(folder)
    work_on(folder, way, lambda means: run(folder, top, seeds, means))
