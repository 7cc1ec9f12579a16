"""Trainers that tell where they were put, and that want more memory than they get."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cellsearch.config import TrialConfig
from cellsearch.record import Outcome


def placed(trial: TrialConfig, *, checkpoint: Path, **_: Any) -> Outcome:
    """Train among others, and tell which device was seen and how many others were on it.

    `together` waits until eight of its kind are there, `greedy` fails at first.
    """
    if trial.variant == "greedy" and not checkpoint.exists():
        checkpoint.mkdir(parents=True)
        raise MemoryError("too much")
    device = os.environ["CUDA_VISIBLE_DEVICES"]
    with _present(checkpoint.parent / f"device-{device}" / checkpoint.name) as here:
        if trial.variant == "together":
            (checkpoint.parent / f"together-{trial.seed}").touch()
            _wait_for_eight(checkpoint.parent)
        others = max(_others(here) for _moment in range(20))
    return Outcome(status="done", metrics={"device": float(device), "others": float(others)})


@contextmanager
def _present(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    yield path.parent
    path.unlink()


def _wait_for_eight(folder: Path) -> None:
    until = time.monotonic() + 60
    while len(list(folder.glob("together-*"))) < 8:
        if time.monotonic() > until:
            raise TimeoutError("the others do not come")
        time.sleep(0.01)


def _others(folder: Path) -> int:
    time.sleep(0.01)
    return len(list(folder.iterdir())) - 1


def never_enough(trial: TrialConfig, **_: Any) -> Outcome:
    """Want more than there is."""
    raise MemoryError("too much")


def eats_at_first(trial: TrialConfig, *, checkpoint: Path, **_: Any) -> Outcome:
    """Take more and more memory, a fifth of the machine's in the end; at the second time, none."""
    if trial.variant == "eats" and not checkpoint.exists():
        checkpoint.mkdir(parents=True)
        part = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 250
        held = []
        for _moment in range(50):
            held.append(b"x" * part)
            time.sleep(0.1)
        time.sleep(5)
    return Outcome(status="done", metrics={})
