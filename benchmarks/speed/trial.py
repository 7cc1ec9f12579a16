"""A whole trial of `lstm_ablation.yaml`: where the time of an update and of a reading goes."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cellsearch import data
from cellsearch.config import TrialConfig
from cellsearch.sweep.planning.files import load
from cellsearch.sweep.planning.plan import Text, plan
from cellsearch.sweep.trials import trials
from cellsearch.train.trainer import Trainer

FILE = Path(__file__).parents[2] / "search_spaces" / "lstm_ablation.yaml"
PARTS = ("data, embedding", "cell", "softmax, loss", "embedding's gradient, norm", "optimiser")


def rows(given: Namespace) -> Iterator[dict[str, Any]]:
    """For each backend an update and a reading of the validation text; microseconds a token."""
    torch.set_num_threads(1)
    for backend in ("reference", "cpu"):
        trainer = Trainer(_trial(backend))
        for _ in range(3):
            trainer._update()
        updates = [_update(trainer) for _ in range(4 * given.rounds)]
        yield _row(backend, "update", updates, trainer.per_step)
        readings = [_reading(trainer) for _ in range(max(3, given.rounds // 3))]
        yield _row(backend, "reading", readings, len(trainer.task.corpus.valid))


def _trial(backend: str) -> TrialConfig:
    config = load(FILE, [f"backend={backend}", "seeds=1"])
    corpus = data.load(config.task)
    text = Text(len(corpus.vocabulary), corpus.sha256, corpus.description)
    return next(iter(trials(plan(config, text), 1, config.task))).config


class _Marks:
    """When what has ended, from hooks of the cells and the optimiser."""

    def __init__(self, trainer: Trainer) -> None:
        self.times = [time.perf_counter()]
        cells, optimiser = trainer.model.cells, trainer.optimizer
        self._hooks = [
            cells.register_forward_pre_hook(self._before),
            cells.register_forward_hook(self._after),
            optimiser.register_step_pre_hook(lambda *_: self._mark()),
        ]

    def _mark(self) -> None:
        self.times.append(time.perf_counter())

    def _before(self, cells: torch.nn.Module, args: tuple[Tensor, ...]) -> None:
        if args[0].requires_grad:
            # Called when the gradient is there, that is when the cell is done.
            args[0].register_hook(lambda _: self._mark())
        self._mark()

    def _after(self, cells: torch.nn.Module, args: object, out: tuple[Tensor, object]) -> None:
        if out[0].requires_grad:
            out[0].register_hook(lambda _: self._mark())
        self._mark()

    def spent(self) -> np.ndarray:
        """Seconds between marks, to now."""
        self._mark()
        for hook in self._hooks:
            hook.remove()
        return np.diff(self.times)


def _update(trainer: Trainer) -> dict[str, float]:
    marks = _Marks(trainer)
    trainer._update()
    enter, forward, softmax, backward, norm, step = marks.spent()
    each = (enter, forward + backward, softmax, norm, step)
    return dict(zip(PARTS, map(float, each), strict=True))


def _reading(trainer: Trainer) -> dict[str, float]:
    marks = _Marks(trainer)
    trainer.evaluate("valid")
    # Of each segment: up to the cell, the cell; what follows is counted to the next segment.
    spent = marks.spent()
    return {"cell": float(spent[1::2].sum()), "all else": float(spent[::2].sum())}


def _row(backend: str, what: str, found: list[dict[str, float]], tokens: int) -> dict[str, Any]:
    us = {part: float(np.median([f[part] for f in found])) / tokens * 1e6 for part in found[0]}
    return {"backend": backend, "what": what, "us_per_token": us}


def print_table(rows: list[dict[str, Any]]) -> None:
    """Microseconds a token, and shares."""
    for r in rows:
        total = sum(r["us_per_token"].values())
        print(f"{r['backend']}, {r['what']}: {total:.2f} µs a token")
        for part, us in r["us_per_token"].items():
            print(f"  {part:<28} {us:7.3f} µs  {us / total:6.1%}")
