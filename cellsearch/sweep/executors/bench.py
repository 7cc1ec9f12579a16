"""Measured cost, in a fresh process that has the machine to itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from queue import SimpleQueue

from cellsearch.config import TrialConfig
from cellsearch.errors import TrialError
from cellsearch.record import BenchLine
from cellsearch.sweep.executors.base import TRAINER
from cellsearch.sweep.executors.workers import Heard, WorkerProcess


def measure(
    trials: Sequence[TrialConfig], vocabulary: int, notify: Callable[[str], None]
) -> list[BenchLine]:
    """Time one trial of each variant, the base first, in interleaved rounds.

    Raises:
        TrialError: the measuring process said why it cannot, or died.
    """
    heard: SimpleQueue[Heard] = SimpleQueue()
    worker = WorkerProcess(TRAINER, trials[0].train.threads, heard)
    try:
        worker.tell(
            do="measure", trials=[t.model_dump(mode="json") for t in trials], vocabulary=vocabulary
        )
        return _answer(worker, heard, notify)
    finally:
        worker.bury()


def _answer(
    worker: WorkerProcess, heard: SimpleQueue[Heard], notify: Callable[[str], None]
) -> list[BenchLine]:
    while True:
        _, message = heard.get()
        if message is None:
            raise TrialError(f"the cost was not measured: {worker.wait().message}")
        match message["said"]:
            case "note":
                notify(message["text"])
            case "unmeasured" | "full":
                raise TrialError(f"the cost was not measured: {message['message']}")
            case "measured":
                return [BenchLine.model_validate_json(line) for line in message["lines"]]
