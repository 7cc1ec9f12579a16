"""What runs right now, for whoever asks from another process.

The file is a courtesy and no record: it counts only while the process that wrote it holds the
study, so that after that process was killed nothing is said to be running.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from cellsearch import store
from cellsearch.sweep import lock
from cellsearch.sweep.trials import Name

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

    @property
    def name(self) -> Name:
        """By which it is known in the study."""
        return Name(self.variant, self.seed, self.number)


@dataclass(frozen=True, slots=True)
class Moment:
    """What whoever holds a study said last.

    Attributes:
        trials: those that run.
        counts: how many trials are in which state.
        seconds_left: the time to go at the pace so far, where there is one.
    """

    trials: tuple[Running, ...]
    counts: dict[str, int]
    seconds_left: float | None


def write(folder: Path, moment: Moment) -> None:
    """Tell others how it stands."""
    content = {"pid": os.getpid(), **asdict(moment)}
    store.write_atomically(folder / NAME, json.dumps(content).encode())


def clear(folder: Path) -> None:
    """Nothing runs any more."""
    (folder / NAME).unlink(missing_ok=True)


def read(folder: Path) -> Moment | None:
    """How it stands now; None where no process holds the study."""
    holder = lock.holder(folder)
    try:
        content = json.loads((folder / NAME).read_bytes())
        if holder is None or content["pid"] != holder.pid:
            return None
        trials = tuple(Running(**trial) for trial in content["trials"])
        return Moment(trials, dict(content["counts"]), content["seconds_left"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
