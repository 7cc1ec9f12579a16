"""`cellsearch report`: the page of a study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellsearch.cli import say
from cellsearch.cli.study import default_report, require


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A study's folder.")],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", file_okay=False, help="Where it goes; reports/NAME where left out."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the paths as JSON.")] = False,
) -> None:
    """Write the report of a study, and print the path of its page.

    Beside index.html stand report.md, tables/ and figures/. All is made from
    the journal alone, at any time, also while the sweep runs.

    \b
    Example:
      cellsearch report results/demo --out reports/demo
    """
    from cellsearch.report import build

    require(folder)
    built = build(folder, out or default_report(folder))
    if json:
        say.as_json(
            {
                "index": str(built.index),
                "markdown": str(built.markdown),
                "tables": [str(path) for path in built.tables],
                "figures": [str(path) for path in built.figures],
            }
        )
    else:
        say.line(str(built.index))
