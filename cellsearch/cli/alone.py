"""What is said on the command line, as a sweep: cells without a file, and names that are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cellsearch.cli import say
from cellsearch.errors import ConfigError

if TYPE_CHECKING:
    from cellsearch.config import SweepConfig
    from cellsearch.ir import Cell


def edited(source: str, edits: Sequence[str] | None) -> Cell:
    """A cell by name, file or text, under edits; a note says which, where there are several."""
    from cellsearch import lang

    *others, cell = lang.load_cells(source)
    if others:
        before = ", ".join(other.name for other in others)
        where = "the text" if "\n" in source else source
        say.note(f"{where} holds {before} and {cell.name}; this is {cell.name}, the last")
    return under(cell, edits)


def under(cell: Cell, edits: Sequence[str] | None) -> Cell:
    """A cell under edits, if there are any."""
    from cellsearch import lang

    return lang.edit_cell(cell, edits) if edits else cell


def config_of(cells: Sequence[Cell], overrides: Sequence[str], known: Sequence[str]) -> SweepConfig:
    """A sweep whose base is the first cell, and whose variants are the others.

    Args:
        cells: one or more; the same cell may stand there twice.
        overrides: as `--set` gives them.
        known: the keys of a sweep that mean something here; others are refused.
    """
    from cellsearch import lang
    from cellsearch.config import SweepConfig, VariantConfig
    from cellsearch.sweep.planning import files

    for text in overrides:
        _check_key(text, known)
    first, *others = [lang.print_cell(cell) for cell in cells]
    variants = {f"v{i}": VariantConfig(cell=text, identical=True) for i, text in enumerate(others)}
    config = files.override(SweepConfig(name="alone", base=first, variants=variants), overrides)
    check_names(config)
    return config


def check_names(config: SweepConfig) -> None:
    """Refuse a backend or a task that is not there before anything begins.

    Only torch's rooms know them, so names that are always there are not looked up.

    Raises:
        ConfigError: with the nearest name.
    """
    if config.backend != "auto":
        from cellsearch import backends

        backends.resolve(config.backend)
    if config.task.name != "language_model":
        from cellsearch import tasks

        tasks.find(config.task.name)


def _check_key(text: str, known: Sequence[str]) -> None:
    key = text.partition("=")[0].partition(".")[0].strip()
    if key not in known:
        raise ConfigError(
            f"--set {text}: '{key}' means nothing here; expected a key of {', '.join(known)}"
        )
