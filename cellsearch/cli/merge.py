"""`cellsearch merge`: what several machines did of one study, in one folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellsearch.cli import say
from cellsearch.cli.asked import Json
from cellsearch.cli.study import require


def merge(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR DIR...", help="Folders of one study.")
    ],
    out: Annotated[
        Path, typer.Option(metavar="DIR", file_okay=False, help="A new folder for all of it.")
    ],
    json: Json = False,
) -> None:
    """Merge what several machines did of one study, whose plan is the same.

    Trials go by their keys. Where two folders have one, the first that has a
    result counts; machines of one kind must agree bit for bit. Nothing in the
    folders that are read is changed.

    \b
    Example:
      cellsearch merge results/here results/there --out results/both
    """
    from cellsearch.sweep.merging import merge as run

    for folder in folders:
        require(folder)
    journal, notes = run(folders, out)
    if json:
        say.as_json({"folder": str(out), "trials": len(journal.trials), "notes": notes})
        return
    for text in notes:
        say.note(text)
    planned = len(journal.variants) * journal.seeds
    say.line(f"{out}: {len(journal.trials)} of {planned} trials, {journal.looks} look(s)")
