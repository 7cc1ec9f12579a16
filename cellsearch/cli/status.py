"""`cellsearch status`: how far a study is, whoever runs it."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cellsearch.cli import say
from cellsearch.cli.study import require


def status(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A study's folder.")],
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on saying it until nothing runs any more.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say how many trials of a study are done, running, waiting.

    True also while a sweep runs in another process, and after one was killed.

    \b
    Example:
      cellsearch status results/demo
      cellsearch status results/demo --json
      cellsearch status results/demo --watch
    """
    from cellsearch.sweep.watching.status import count, seen

    require(folder)
    if watch:
        _watch(folder)
    journal, running = seen(folder)
    found = asdict(count(journal, running))
    for problem in journal.problems:
        say.note(problem)
    if json:
        say.as_json(found)
        return
    for name, number in found.items():
        say.line(f"{name:<9} {number:>6}")
    for trial in running:
        share = trial.tokens / max(1, trial.of)
        loss = "" if trial.loss is None else f", loss {trial.loss:.3f}"
        say.line(f"  {trial.name}: {share:.0%}{loss}")


def _watch(folder: Path) -> None:
    """Show the study as its holder tells it, once a second, until nobody holds it."""
    from cellsearch.cli.watch import watcher
    from cellsearch.sweep import lock
    from cellsearch.sweep.watching.status import view

    with watcher() as watching:
        while lock.holder(folder) is not None:
            watching.show(view(folder))
            time.sleep(1)
