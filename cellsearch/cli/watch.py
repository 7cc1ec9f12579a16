"""A sweep as it runs: drawn on a terminal, or told line by line. Both on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import exp
from typing import TYPE_CHECKING, Protocol

from cellsearch.cli import say
from cellsearch.cli.choices import setting

if TYPE_CHECKING:
    from rich.console import Group, RenderableType

    from cellsearch.record import ChoiceLine, Outcome, TrialLine
    from cellsearch.sweep.watching.display import View
    from cellsearch.sweep.watching.running import Running

# Seconds between two lines about trials that take long, where there is no terminal.
SILENCE = 30.0


class Watcher(Protocol):
    """A `Display` that counts what it was told."""

    ended: int

    def note(self, text: str) -> None: ...
    def show(self, view: View) -> None: ...
    def finished(self, line: TrialLine) -> None: ...
    def chosen(self, line: ChoiceLine) -> None: ...


class Lines:
    """A line for each trial that ends, and one now and then for those that run."""

    def __init__(self) -> None:
        self.ended = 0
        self._pending: list[str] = []
        self._said = time.monotonic()

    def note(self, text: str) -> None:
        say.note(text)

    def finished(self, line: TrialLine) -> None:
        # Said with the next view, whose counts have this trial among them.
        self.ended += 1
        self._pending.append(told(line))

    def chosen(self, line: ChoiceLine) -> None:
        self._pending.append(choice(line))

    def show(self, view: View) -> None:
        for text in self._pending:
            self._say(f"[{_finished(view)}/{view.status.planned}] {text}{_tail(view)}")
        self._pending.clear()
        if view.running and time.monotonic() - self._said >= SILENCE:
            self._say(f"running: {', '.join(map(_brief, view.running))}{_tail(view)}")

    def _say(self, text: str) -> None:
        self._said = time.monotonic()
        say.note(text)


class Screen:
    """Bars at the foot of the terminal; what ended moves up above them."""

    def __init__(self) -> None:
        from rich.live import Live

        self.ended = 0
        self._view: View | None = None
        self.live = Live(
            get_renderable=self._drawn,
            console=say.console(stderr=True),
            refresh_per_second=4,
            transient=True,
        )

    def note(self, text: str) -> None:
        self.live.console.print(text)

    def finished(self, line: TrialLine) -> None:
        self.ended += 1
        self.live.console.print(told(line))

    def chosen(self, line: ChoiceLine) -> None:
        self.live.console.print(choice(line))

    def show(self, view: View) -> None:
        self._view = view

    def _drawn(self) -> RenderableType:
        return "" if self._view is None else _picture(self._view)


@contextmanager
def watcher() -> Iterator[Watcher]:
    """The display that fits where stderr goes."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    screen = Screen()
    with screen.live:
        yield screen


def told(line: TrialLine) -> str:
    """How a trial ended: `lstm, seed 0: test perplexity 6.123 in 41 s`."""
    outcome = line.outcome
    match outcome.status:
        case "done":
            said = _perplexity(line)
        case "diverged" if outcome.diverged_at is not None:
            said = f"diverged at update {outcome.diverged_at:,}{_why(outcome)}"
        case "pruned":
            said = f"pruned after {outcome.steps:,} updates"
        case "failed" if outcome.error is not None:
            said = f"failed: {outcome.error.message}"
        case status:
            said = str(status)
    seconds = outcome.times.get("total")
    return f"{_name(line)}: {said}{_in(seconds)}"


def choice(line: ChoiceLine) -> str:
    """What was chosen: `lstm: setting 3 of the tuning, learning_rate 0.008`."""
    if line.number is None:
        return f"{line.variant.name}: no setting ended well; it stays at what the sweep file says"
    return f"{line.variant.name}: chosen is setting {line.number}, {setting(line.variant.setting)}"


def _name(line: TrialLine) -> str:
    if line.number is None:
        return f"{line.variant}, seed {line.seed}"
    return f"{line.variant}, setting {line.number} ({setting(line.setting)})"


def _perplexity(line: TrialLine) -> str:
    """Of the test text; in the tuning of validation, for nothing there looks at the test."""
    text = "test" if line.number is None else "validation"
    loss = line.outcome.metrics.get("test_loss" if line.number is None else "valid_loss")
    return "done" if loss is None else f"{text} perplexity {exp(loss):.3f}"


def _why(outcome: Outcome) -> str:
    return "" if outcome.error is None else f": {outcome.error.message}"


def _in(seconds: float | None) -> str:
    return "" if seconds is None else f" in {say.duration(seconds)}"


def _finished(view: View) -> int:
    return view.status.planned - view.status.running - view.status.waiting


def _tail(view: View) -> str:
    is_over = not (view.status.running or view.status.waiting)
    if is_over or view.seconds_left is None:
        return ""
    return f"; about {say.duration(view.seconds_left)} to go"


def _brief(trial: Running) -> str:
    place = trial.seed if trial.number is None else f"setting {trial.number}"
    return f"{trial.variant}/{place} {trial.tokens / max(1, trial.of):.0%}"


def _picture(view: View) -> Group:
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    for trial in view.running:
        loss = "" if trial.loss is None else f"loss {trial.loss:.3f}"
        bar = ProgressBar(total=max(1, trial.of), completed=trial.tokens, width=24)
        grid.add_row(trial.variant, trial.name.which, bar, loss)
    return Group(grid, _counts(view))


def _counts(view: View) -> str:
    status = view.status
    named = [
        (status.running, "running"),
        (status.done, "done"),
        (status.diverged, "diverged"),
        (status.pruned, "pruned"),
        (status.failed, "failed"),
        (status.waiting, "left"),
    ]
    shown = [f"{n} {name}" for n, name in named if n or name in ("done", "left")]
    return f"{', '.join(shown)} of {status.planned}{_tail(view)}"
