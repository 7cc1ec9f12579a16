"""`cellsearch status`: how far a study is, whoever runs it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cellsearch.cli import say
from cellsearch.cli.asked import Json
from cellsearch.cli.study import require

if TYPE_CHECKING:
    from cellsearch.sweep.watching.status import Status


def status(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A study's folder.")],
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on saying it until nothing runs any more.")
    ] = False,
    json: Json = False,
) -> None:
    """Say how many trials of a study are done, running, waiting.

    True also while a sweep runs in another process, and after one was killed.

    \b
    Example:
      cellsearch status results/demo
      cellsearch status results/demo --json
      cellsearch status results/demo --watch
    """
    from cellsearch.sweep.watching.status import count, phases, seen

    require(folder)
    if watch:
        _watch(folder)
    journal, running = seen(folder)
    whole, parts = count(journal, running), phases(journal, running)
    for problem in journal.problems:
        say.note(problem)
    if json:
        say.as_json(asdict(whole) | {name: asdict(part) for name, part in parts.items()})
        return
    _print_counts({"all": whole, **parts} if parts["tuning"].planned else {"": whole})
    for trial in running:
        share = trial.tokens / max(1, trial.of)
        loss = "" if trial.loss is None else f", loss {trial.loss:.3f}"
        say.line(f"  {trial.name}: {share:.0%}{loss}")


def _print_counts(found: Mapping[str, Status]) -> None:
    """A row for each state, a column for each part of the study, headed by its name."""
    if any(found):
        say.line("".join([" " * 9, *(f"{name:>12}" for name in found)]))
    each = [asdict(status) for status in found.values()]
    for state in each[0]:
        say.line("".join([f"{state:<9}", *(f"{counts[state]:>12}" for counts in each)]))


def _watch(folder: Path) -> None:
    """Show the study as its holder tells it, once a second, until nobody holds it."""
    from cellsearch.cli.watch import watcher
    from cellsearch.sweep import lock
    from cellsearch.sweep.watching.status import view

    with watcher() as watching:
        while lock.holder(folder) is not None:
            watching.show(view(folder))
            time.sleep(1)
