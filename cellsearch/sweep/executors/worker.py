"""What a worker does: {"do": "train", …}, {"do": "measure", …}, {"do": "stop"}, {"do": "leave"}.

It says what it does in messages with the key "said". As a process it is started by `workers.py`.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterable
from queue import SimpleQueue
from typing import Any, Protocol

from cellsearch.config import TrialConfig
from cellsearch.errors import CellsearchError, StoreError
from cellsearch.sweep.executors import parent
from cellsearch.sweep.executors.base import WorkItem
from cellsearch.sweep.executors.messages import Message, to_item
from cellsearch.sweep.executors.perform import HinderedError, Trainer, load_trainer, perform


class Say(Protocol):
    """Tells the driver."""

    def __call__(self, **message: Any) -> None:
        """Say something."""


class Worker:
    """Does one thing at a time.

    Args:
        say: tells the driver.
        heard: what the driver says, as it comes; read in a thread of its own.
    """

    def __init__(self, say: Say, heard: Iterable[Message]) -> None:
        self._say = say
        self._inbox: SimpleQueue[Message] = SimpleQueue()
        self._stop = threading.Event()
        threading.Thread(target=self._hear, args=(heard,), daemon=True).start()

    def work(self, trainer: Trainer, **ready: Any) -> None:
        """Say that it is ready, then do what is asked until it may leave."""
        self._say(said="ready", **ready)
        while (message := self._inbox.get())["do"] != "leave":
            self._do(message, trainer)

    def _hear(self, heard: Iterable[Message]) -> None:
        for message in heard:
            if message["do"] == "stop":
                self._stop.set()
            else:
                self._inbox.put(message)

    def _do(self, message: Message, trainer: Trainer) -> None:
        try:
            if message["do"] == "train":
                self._train(to_item(message), trainer)
            else:
                self._measure(message)
        except StoreError as error:
            self._say(said="full", message=str(error))
        except HinderedError as error:
            self._say(said="hindered", message=str(error))

    def _train(self, item: WorkItem, trainer: Trainer) -> None:
        outcome = perform(
            item,
            trainer,
            lambda progress: self._say(said="moved", progress=progress.model_dump()),
            self._stop.is_set,
        )
        if outcome is None:
            self._say(said="stopped")
        else:
            self._say(said="finished", outcome=outcome.model_dump(mode="json"))

    def _measure(self, message: Message) -> None:
        from cellsearch.bench import measure

        trials = [TrialConfig.model_validate(t) for t in message["trials"]]
        try:
            lines = measure(
                trials,
                message["vocabulary"],
                notify=self._note,
                refused=lambda error: self._note(str(error)),
            )
        except (CellsearchError, MemoryError, RuntimeError) as error:
            self._say(said="unmeasured", message=str(error))
        else:
            found = [line.model_dump_json(by_alias=True) for line in lines]
            self._say(said="measured", lines=found)

    def _note(self, text: str) -> None:
        self._say(said="note", text=text)


def main(driver: str, trainer: str) -> None:
    """Serve the driver with this process id, training by the function `module:function`."""
    # Ctrl-C reaches the whole group of processes; only the driver answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent.die_with(int(driver))
    faulthandler.enable()
    worker = Worker(parent.Voice(), parent.heard())
    try:
        worker.work(load_trainer(trainer))
    except BaseException:
        traceback.print_exc()
        # Not by returning: the thread that listens holds the input, which the interpreter's end
        # would wait for.
        os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
