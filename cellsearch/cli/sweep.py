"""`cellsearch sweep`: from a sweep file to a whole journal and its verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cellsearch.cli.alone import check_names
from cellsearch.cli.study import SET, work_on
from cellsearch.cli.way import Way, with_way

if TYPE_CHECKING:
    from cellsearch.config import SweepConfig


@with_way
def sweep(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A sweep (YAML).")],
    *,
    results: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            file_okay=False,
            help="The study's own folder; results/NAME where left out.",
        ),
    ] = None,
    way: Way,
    overrides: SET = None,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be trained and how long it takes.")
    ] = False,
) -> None:
    """Train every variant with every seed, and print the verdicts.

    What is on record stays on record: called again, it goes on where it was,
    and a finished study is only concluded anew.

    Ctrl-C stops it cleanly (twice: at once); `resume` goes on.

    \b
    Example:
      cellsearch sweep search_spaces/demo.yaml --results results/demo --workers 2
      cellsearch sweep my.yaml --dry-run
      cellsearch sweep my.yaml --executor ray --gpus-per-trial 0.25
      cellsearch sweep my.yaml --set train.tokens=2000000 --set seeds=5
    """
    from cellsearch.sweep.planning import files
    from cellsearch.sweep.run import sweep as run

    config = files.load(file, overrides or [])
    check_names(config)
    folder = results or Path("results") / config.name
    if dry:
        _dry_run(config, way, folder.parent)
        return
    if not _sets_seeds(overrides or []):
        config = _with_added_seeds(config, folder)
    work_on(folder, way, lambda means: run(config, folder, means))


def _dry_run(config: SweepConfig, way: Way, results: Path) -> None:
    from tempfile import TemporaryDirectory

    from cellsearch.cli.dry_run import dry_run
    from cellsearch.sweep.run import executor_of
    from cellsearch.sweep.watching.display import Silent

    with TemporaryDirectory() as name:
        executor = executor_of(config, Path(name), way.means(Silent()))
        dry_run(config, executor, Path(name), results)


def _sets_seeds(overrides: list[str]) -> bool:
    return any(text.partition("=")[0].strip() == "seeds" for text in overrides)


def _with_added_seeds(config: SweepConfig, folder: Path) -> SweepConfig:
    """Seeds that were added to the study since the file was written stay in it."""
    from cellsearch import store

    if not store.begun(folder):
        return config
    return config.model_copy(update={"seeds": max(config.seeds, store.read(folder).seeds)})
