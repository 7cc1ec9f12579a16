"""`cellsearch compare`: several studies in one report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cellsearch.cli import say
from cellsearch.cli.asked import Json
from cellsearch.cli.study import require

if TYPE_CHECKING:
    from cellsearch.report.several.holding import Across


def compare(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR DIR...", help="The studies' folders.")
    ],
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", file_okay=False, help="Where it goes."),
    ] = Path("reports/compared"),
    json: Json = False,
) -> None:
    """Compare the same variants over several studies: what holds on k of K.

    Each study keeps its own verdicts. Variants go by their names, which must
    stand for one cell everywhere. Studies of one text at several widths also
    give curves over size, and perplexity at equal parameters. All is made
    from the journals alone.

    \b
    Example:
      cellsearch compare results/prose results/code --out reports/texts
    """
    from cellsearch.report.several.build import compare as build
    from cellsearch.report.several.holding import sentence

    for folder in folders:
        require(folder)
    built, found = build(folders, out)
    if json:
        said = {"index": str(built.index), "markdown": str(built.markdown)}
        say.as_json({**said, "variants": [_as_json(a) for a in found]})
        return
    for variant in found:
        say.line(f"{variant.name}: {sentence(variant)}")
    say.line(str(built.index))


def _as_json(found: Across) -> dict[str, Any]:
    return {
        "variant": found.name,
        "holds": found.claim,
        "on": found.counts[found.claim] if found.claim else None,
        "of": len(found.verdicts),
        "contradicted": found.contradicted,
        "verdicts": {study: verdict.kind for study, verdict in found.verdicts.items()},
    }
