"""Curves in TensorBoard's format: a run for each trial, below the study's `tensorboard/`."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from cellsearch.record import StudyLine, TrialLine
from cellsearch.sweep.mirrors import Mirror
from cellsearch.sweep.trials import name_of

NAME = "tensorboard"
# In each run's folder: of which attempt it is.
_WHOLE = "trial.txt"


class TensorBoardMirror(Mirror):
    """`tensorboard/VARIANT/seed 0` and `tensorboard/VARIANT/setting 0`."""

    name = NAME

    def __init__(self, folder: Path) -> None:
        self._folder = folder / NAME

    def catch_up(self, study: StudyLine, lines: Iterable[TrialLine]) -> None:
        """Write the runs that are not there, or not whole, or of an earlier attempt."""
        for line in {name_of(line): line for line in lines}.values():
            if _told(self._run(line)) != _identity(line):
                self.add(line)

    def add(self, line: TrialLine) -> None:
        """Write a trial's run; an earlier attempt's goes."""
        from tensorboardX import SummaryWriter

        run = self._run(line)
        shutil.rmtree(run, ignore_errors=True)
        curves = line.outcome.curves
        with SummaryWriter(str(run)) as writer:
            for scalar in ("train_loss", "valid_loss", "gradient_norm"):
                for tokens, value in zip(curves.tokens, getattr(curves, scalar), strict=True):
                    if value is not None:
                        writer.add_scalar(scalar, value, tokens)
            for name, value in line.outcome.metrics.items():
                if value is not None and name not in ("train_loss", "valid_loss"):
                    writer.add_scalar(f"end/{name}", value, line.config.train.tokens)
        # Last: a run without it is not whole.
        (run / _WHOLE).write_text(_identity(line))

    def _run(self, line: TrialLine) -> Path:
        return self._folder / line.variant / name_of(line).which


def _identity(line: TrialLine) -> str:
    return f"{line.trial_key}, attempt {line.attempt}\n"


def _told(run: Path) -> str:
    file = run / _WHOLE
    return file.read_text() if file.exists() else ""
