"""How far one trial is: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cellsearch.cli import say

if TYPE_CHECKING:
    from cellsearch.record import Progress

# Seconds between two lines where there is no terminal.
SILENCE = 15.0
Show = Callable[["Progress"], None]


@contextmanager
def progress_bar(tokens: int) -> Iterator[Show]:
    """Something to call with each `Progress` of a trial of so many tokens. It draws on stderr."""
    if sys.stderr.isatty():
        with _bar(tokens) as show:
            yield show
    else:
        yield _lines()


@contextmanager
def _bar(tokens: int) -> Iterator[Show]:
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Bars(*columns, console=say.console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=tokens)
        yield lambda p: bars.update(task, completed=p.tokens, description=_loss(p))


def _lines() -> Show:
    said = time.monotonic()

    def show(progress: Progress) -> None:
        nonlocal said
        if time.monotonic() - said >= SILENCE:
            said = time.monotonic()
            share = progress.tokens / max(1, progress.of)
            say.note(f"{share:4.0%}  {_loss(progress)}")

    return show


def _loss(progress: Progress) -> str:
    loss = "–" if progress.loss is None else f"{progress.loss:.3f}"
    return f"loss {loss}, {progress.tokens_per_second:,.0f} tokens/s"
