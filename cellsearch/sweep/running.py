"""What runs right now, for whoever asks from another process.

The file is a courtesy and no record: it counts only while the process that wrote it holds the
study, so that after that process was killed nothing is said to be running.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from cellsearch import store
from cellsearch.sweep import lock

NAME = "running.json"


@dataclass(frozen=True, slots=True)
class Running:
    """A trial in training.

    Attributes:
        variant: its variant.
        seed: its seed.
        number: of its setting, in the tuning.
        attempt: the number of this attempt, from 1.
        tokens: training tokens read.
        of: training tokens to read.
        loss: of training, in nats per token, where it is known.
        worker: what trains it.
    """

    variant: str
    seed: int
    number: int | None
    attempt: int
    tokens: int
    of: int
    loss: float | None
    worker: str


def write(folder: Path, trials: Sequence[Running]) -> None:
    """Tell others what runs."""
    content = {"pid": os.getpid(), "trials": [asdict(t) for t in trials]}
    store.write_atomically(folder / NAME, json.dumps(content).encode())


def clear(folder: Path) -> None:
    """Nothing runs any more."""
    (folder / NAME).unlink(missing_ok=True)


def read(folder: Path) -> tuple[Running, ...]:
    """What runs now; nothing where no process holds the study."""
    holder = lock.holder(folder)
    try:
        content = json.loads((folder / NAME).read_bytes())
        if holder is None or content["pid"] != holder.pid:
            return ()
        return tuple(Running(**trial) for trial in content["trials"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()
