"""Worker processes as the driver sees them: started, spoken to, heard, buried."""

from __future__ import annotations

import signal
import tempfile
from queue import SimpleQueue
from typing import Any

from cellsearch.record import Failure
from cellsearch.sweep.executors.base import WorkItem
from cellsearch.sweep.executors.child import Child, thread_variables
from cellsearch.sweep.executors.messages import Message, of_item

# None in place of a message: the worker is gone.
Heard = tuple["WorkerProcess", Message | None]


class WorkerProcess:
    """One process that trains. What it says goes to `heard`.

    Attributes:
        ready: it has imported what it needs.
        item: what it trains, or None.
        tokens: how far that is.
    """

    def __init__(self, trainer: str, threads: int, heard: SimpleQueue[Heard]) -> None:
        self.ready = False
        self.item: WorkItem | None = None
        self.tokens = 0
        # A file, not a pipe: nobody has to read it for the worker to go on.
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  closed in `bury`
        self._child = Child(
            "cellsearch.sweep.executors.worker",
            [trainer],
            lambda message: heard.put((self, message)),
            self._stderr,
            thread_variables(threads),
        )

    @property
    def name(self) -> str:
        """For people: which process it is."""
        return str(self._child.pid)

    def train(self, item: WorkItem) -> None:
        """Give it a trial."""
        self.item, self.tokens = item, 0
        self.tell(**of_item(item))

    def tell(self, **message: Any) -> None:
        """Say something to it. If it is gone, that will be heard."""
        self._child.tell(**message)

    def bury(self) -> Failure:
        """End the process if it lives, wait for its end, and say how it ended.

        Everything that it has to lose is on the disk already.
        """
        failure = self._failure(self._child.end())
        self._stderr.close()
        return failure

    def wait(self) -> Failure:
        """Wait for the end of a process that has closed its pipe, and say how it ended."""
        self._child.wait()
        return self.bury()

    def _failure(self, code: int) -> Failure:
        if code == -signal.SIGKILL:
            text = "was killed, by someone or for want of memory"
            return Failure(kind="killed", message=f"worker process {self.name} {text}")
        how = f"died of {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        return Failure(
            kind="crash", message=f"worker process {self.name} {how}{self._last_words()}"
        )

    def _last_words(self) -> str:
        self._stderr.seek(0)
        text = self._stderr.read().decode(errors="replace").strip()
        return f": {text[-2000:]}" if text else ""
