"""The commands, in the order of a first day with them."""

from __future__ import annotations

from typing import Annotated

import typer

from cellsearch.cli.ablations import ablations
from cellsearch.cli.bench import bench
from cellsearch.cli.cells import cells
from cellsearch.cli.check import check
from cellsearch.cli.compare import compare
from cellsearch.cli.confirm import confirm
from cellsearch.cli.diff import diff
from cellsearch.cli.export import export
from cellsearch.cli.generate import generate
from cellsearch.cli.group import Commands
from cellsearch.cli.import_ import import_
from cellsearch.cli.merge import merge
from cellsearch.cli.report import report
from cellsearch.cli.resume import resume
from cellsearch.cli.show import show
from cellsearch.cli.status import status
from cellsearch.cli.sweep import sweep
from cellsearch.cli.train import train

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_LOOK = (cells, show, diff, ablations, import_, check, export)
_WORK = (train, sweep, resume, confirm, status, merge, report, compare, generate, bench)
for command in (*_LOOK, *_WORK):
    app.command(command.__name__.rstrip("_"))(command)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"cellsearch {version('cellsearch')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version.")
    ] = False,
) -> None:
    """The lab bench for recurrent cells.

    Write a cell as its paper's equations, sweep its ablations, read a report that can be defended.

    Exit codes: 0 done, 1 the work failed, 2 the call was wrong, 3 done but for
    trials that failed, 130 stopped: `resume` goes on.
    """
