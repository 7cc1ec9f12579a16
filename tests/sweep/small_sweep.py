"""Sweeps that take a second: a small text, small cells, a trainer that only counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cellsearch.config import SweepConfig
from cellsearch.record import BenchLine, ChoiceLine, TrialLine
from cellsearch.sweep.planning.plan import Text
from cellsearch.sweep.watching import running
from cellsearch.sweep.watching.display import View
from cellsearch.sweep.watching.running import Running
from cellsearch.where import where

TEXT = Text(vocabulary=30, sha256="0" * 64, description="a text")
SMALL: dict[str, Any] = {
    "name": "small",
    "base": "lstm",
    "variants": {"no_output_gate": {"with": "o = 1"}, "gru": {"cell": "gru"}},
    "task": {"corpus": "grammar:train=20000,valid=2000,test=2000"},
    "model": {"hidden": 8},
    "train": {"tokens": 40, "batch": 2, "segment": 2},
    "seeds": 2,
}


def config(**changes: Any) -> SweepConfig:
    """The small sweep with some keys changed."""
    return SweepConfig.model_validate(SMALL | changes)


def runs(folder: Path) -> tuple[Running, ...]:
    """What runs now, as others see it."""
    now = running.read(folder)
    return now.trials if now else ()


class Watcher:
    """A display that remembers."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.views: list[View] = []
        self.lines: list[TrialLine] = []
        self.choices: list[ChoiceLine] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def show(self, view: View) -> None:
        self.views.append(view)

    def finished(self, line: TrialLine) -> None:
        self.lines.append(line)

    def chosen(self, line: ChoiceLine) -> None:
        self.choices.append(line)


def measured(trials: Any, vocabulary: int, notify: Any) -> list[BenchLine]:
    """Says something of every variant without taking time."""
    ran = where(1, "reference")
    return [
        BenchLine(
            variant=trial.variant,
            us_per_token_training=2.0,
            us_per_token_forward=1.0,
            us_low=1.5,
            us_high=2.5,
            ratio_to_base=1.0,
            rounds=vocabulary,
            where=ran,
        )
        for trial in trials
    ]
