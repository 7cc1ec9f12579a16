"""Worker processes as the driver sees them: started, spoken to, heard, buried."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import Any

from cellsearch.record import Failure
from cellsearch.sweep.executors.base import WorkItem

Message = dict[str, Any]
# None in place of a message: the worker is gone.
Heard = tuple["WorkerProcess", Message | None]

# Read by the numeric libraries when they are imported, so set before the worker starts.
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class WorkerProcess:
    """One process that trains. What it says goes to `heard`, from a thread that reads its pipe.

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
        with _sigint_held_back():
            self._process = subprocess.Popen(
                _command(trainer),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                env=os.environ | dict.fromkeys(_THREADS, str(threads)),
            )
        threading.Thread(target=self._listen, args=(heard,), daemon=True).start()

    @property
    def name(self) -> str:
        """For people: which process it is."""
        return str(self._process.pid)

    def train(self, item: WorkItem) -> None:
        """Give it a trial."""
        self.item, self.tokens = item, 0
        self.tell(
            do="train",
            key=item.key,
            trial=item.trial.model_dump(mode="json"),
            checkpoint=str(item.checkpoint),
            weights=str(item.weights) if item.weights else None,
            attempt=item.attempt,
            until=item.until,
        )

    def tell(self, **message: Any) -> None:
        """Say something to it. If it is gone, that will be heard from the other pipe."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()

    def bury(self) -> Failure:
        """End the process if it lives, wait for its end, and say how it ended.

        Everything that it has to lose is on the disk already.
        """
        self._process.kill()
        with suppress(OSError):
            self._process.__exit__(None, None, None)
        failure = self._failure(self._process.wait())
        self._stderr.close()
        return failure

    def wait(self) -> Failure:
        """Wait for the end of a process that has closed its pipe, and say how it ended."""
        self._process.wait()
        return self.bury()

    def _listen(self, heard: SimpleQueue[Heard]) -> None:
        assert self._process.stdout is not None
        with suppress(OSError, ValueError):
            for line in self._process.stdout:
                heard.put((self, json.loads(line)))
        heard.put((self, None))

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


def _command(trainer: str) -> list[str]:
    # -P: the working directory is the user's, and nothing in it is imported.
    module = "cellsearch.sweep.executors.worker"
    return [sys.executable, "-P", "-m", module, str(os.getpid()), trainer]


@contextmanager
def _sigint_held_back() -> Iterator[None]:
    """A child inherits which signals are held back: Ctrl-C cannot hit it before it ignores it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
