"""What `sweep` and `resume` have in common: run, watch, conclude, say what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cellsearch.cli import say
from cellsearch.cli.group import SOME_FAILED, STOPPED
from cellsearch.cli.way import Way
from cellsearch.errors import ConfigError

if TYPE_CHECKING:
    from cellsearch.store import Journal
    from cellsearch.sweep.run import Means
    from cellsearch.sweep.watching.status import Status

SET = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Say a key of the sweep anew. Repeatable."),
]


def work_on(folder: Path, way: Way, do: Callable[[Means], Journal]) -> None:
    """Do the work on a study, then say what came of it.

    Exits with 130 where it was stopped before its end, with 3 where some trials failed.
    """
    from cellsearch import store
    from cellsearch.cli.watch import watcher

    try:
        with watcher() as watching:
            journal = do(way.means(watching))
    except KeyboardInterrupt:
        begun = store.begun(folder)
        say.note(_stopped(folder, way) if begun else "stopped before anything was begun")
        raise typer.Exit(STOPPED) from None
    _conclude(folder, way, journal, watching.ended)


def require(folder: Path) -> None:
    """Refuse a folder that holds no study: that is a wrong call."""
    from cellsearch import store

    if not (folder / store.NAME).exists():
        raise ConfigError(f"{folder}: holds no study, there is no {store.NAME} in it")


def _conclude(folder: Path, way: Way, journal: Journal, ended: int) -> None:
    from cellsearch.cli.choices import print_choices
    from cellsearch.cli.verdicts import print_verdicts
    from cellsearch.sweep.watching.status import count

    status = count(journal, ())
    if status.waiting:
        finished = status.planned - status.waiting
        say.note(f"{finished} of {status.planned} trials are on record. {_stopped(folder, way)}")
        raise typer.Exit(STOPPED)
    if not ended:
        say.note(f"{folder}: nothing was left to train, all {status.planned} trials are on record")
    if journal.seeds:
        print_verdicts(journal)
    else:
        print_choices(journal)
    _next(folder, way, journal, status)
    if status.failed:
        raise typer.Exit(SOME_FAILED)


def _stopped(folder: Path, way: Way) -> str:
    return f"Stopped; go on with: {_call('resume', folder, way)}"


def _next(folder: Path, way: Way, journal: Journal, status: Status) -> None:
    from cellsearch.sweep.watching.status import phases

    report = shlex.join(["cellsearch", "report", str(folder), "--out", str(default_report(folder))])
    resume = _call("resume", folder, way)
    say.line(f"report:     {report}")
    if journal.seeds:
        say.line(f"more seeds: {resume} --set seeds=N   (another look at the data)")
    else:
        say.line(f"compare:    {_call('confirm', folder, way)} --top K --seeds N")
    again = phases(journal, ())["comparison"].failed
    if again:
        say.line(f"try the {again} failed again: {resume} --retry failed")
    if kept := status.failed - again:
        say.line(f"of the tuning {kept} failed; what was chosen rests on that, as the report says")


def _call(command: str, folder: Path, way: Way) -> str:
    """A command on the same study in the same way, as a shell takes it."""
    return shlex.join(["cellsearch", command, str(folder), *way.said])


def default_report(folder: Path) -> Path:
    """Where the report of a study goes if nothing is said."""
    return Path("reports") / folder.resolve().name
