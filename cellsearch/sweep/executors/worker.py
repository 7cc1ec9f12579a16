"""What a worker process runs. Started by `workers.py`; talks JSON lines over its pipes.

It reads {"do": "train", …}, {"do": "measure", …} and {"do": "stop"}, and says what it does in
lines with the key "said". It never outlives the driver: where the kernel can, it is killed with
it; and everywhere the end of its input ends it, in whatever it does.
"""

from __future__ import annotations

import ctypes
import faulthandler
import json
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from cellsearch.config import TrialConfig
from cellsearch.errors import CellsearchError, StoreError
from cellsearch.sweep.executors.base import WorkItem
from cellsearch.sweep.executors.perform import Trainer, load_trainer, perform

_PR_SET_PDEATHSIG = 1
Message = dict[str, Any]


class Worker:
    """Does one thing at a time, until its input ends."""

    def __init__(self, voice: int) -> None:
        self._voice = voice
        self._inbox: SimpleQueue[Message] = SimpleQueue()
        self._stop = threading.Event()

    def listen(self) -> None:
        """Hear what the driver says, in a thread of its own."""
        threading.Thread(target=self._hear, daemon=True).start()

    def work(self, trainer: Trainer) -> None:
        """Do what is asked, for ever."""
        self.say(said="ready")
        while True:
            self._do(self._inbox.get(), trainer)

    def say(self, **message: Any) -> None:
        """Tell the driver. A driver that is gone ends this process."""
        data = json.dumps(message).encode() + b"\n"
        try:
            while data:
                data = data[os.write(self._voice, data) :]
        except OSError:
            os._exit(0)

    def _hear(self) -> None:
        for line in sys.stdin.buffer:
            message = json.loads(line)
            if message["do"] == "stop":
                self._stop.set()
            else:
                self._inbox.put(message)
        os._exit(0)

    def _do(self, message: Message, trainer: Trainer) -> None:
        try:
            if message["do"] == "train":
                self._train(_item(message), trainer)
            else:
                self._measure(message)
        except StoreError as error:
            self.say(said="full", message=str(error))

    def _train(self, item: WorkItem, trainer: Trainer) -> None:
        outcome = perform(
            item,
            trainer,
            lambda progress: self.say(said="moved", progress=progress.model_dump()),
            self._stop.is_set,
        )
        if outcome is None:
            self.say(said="stopped")
        else:
            self.say(said="finished", outcome=outcome.model_dump(mode="json"))

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
            self.say(said="unmeasured", message=str(error))
        else:
            self.say(said="measured", lines=[line.model_dump_json(by_alias=True) for line in lines])

    def _note(self, text: str) -> None:
        self.say(said="note", text=text)


def _item(message: Message) -> WorkItem:
    weights = message["weights"]
    return WorkItem(
        key=message["key"],
        trial=TrialConfig.model_validate(message["trial"]),
        checkpoint=Path(message["checkpoint"]),
        weights=Path(weights) if weights else None,
        attempt=message["attempt"],
        until=message["until"],
    )


def _die_with(driver: int) -> None:
    """Have the kernel kill this process when the driver ends, on Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The driver may have ended before the call above.
    if os.getppid() != driver:
        os._exit(0)


def _own_voice() -> int:
    """The pipe to the driver, out of reach of whatever prints: that goes to stderr."""
    voice = os.dup(1)
    os.dup2(2, 1)
    return voice


def main(driver: str, trainer: str) -> None:
    """Serve the driver with this process id, training by the function `module:function`."""
    # Ctrl-C reaches the whole group of processes; only the driver answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with(int(driver))
    faulthandler.enable()
    worker = Worker(_own_voice())
    worker.listen()
    try:
        worker.work(load_trainer(trainer))
    except BaseException:
        traceback.print_exc()
        # Not by returning: the thread that listens holds the input, which the interpreter's end
        # would wait for.
        os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
