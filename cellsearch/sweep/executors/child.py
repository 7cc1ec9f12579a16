"""A process of ours as its parent sees it: started, spoken to in JSON lines, heard, waited for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO

from cellsearch.sweep.executors.messages import Message

# Read by the numeric libraries when they are imported, so set before a process starts.
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def thread_variables(threads: int) -> dict[str, str]:
    """The part of an environment that says how many threads the numeric libraries use."""
    return dict.fromkeys(_THREADS, str(threads))


class Child:
    """A Python module that runs as a process and serves this one.

    Args:
        module: run with this process's id and `arguments`.
        heard: is called with each message, from a thread that reads its pipe, and with None when
            the process is gone.
        errors: the file for all that it prints.
        environment: changes to this process's own.
        session: whether it is the first process of a session, out of reach of a terminal's Ctrl-C.
    """

    def __init__(
        self,
        module: str,
        arguments: list[str],
        heard: Callable[[Message | None], None],
        errors: IO[bytes],
        environment: Mapping[str, str],
        *,
        session: bool = False,
    ) -> None:
        with _sigint_held_back():
            self._process = subprocess.Popen(
                # -P: the working directory is the user's, and nothing in it is imported.
                [sys.executable, "-P", "-m", module, str(os.getpid()), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=os.environ | environment,
                start_new_session=session,
            )
        threading.Thread(target=self._listen, args=(heard,), daemon=True).start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def tell(self, **message: object) -> None:
        """Say something to it. If it is gone, that will be heard from the other pipe."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()

    def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        """Send it a signal if it lives, wait for its end, and return its exit code."""
        self._process.send_signal(number)
        with suppress(OSError):
            self._process.__exit__(None, None, None)
        return self._process.wait()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end; False where that does not come in time."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.poll() is not None

    def _listen(self, heard: Callable[[Message | None], None]) -> None:
        assert self._process.stdout is not None
        with suppress(OSError, ValueError):
            for line in self._process.stdout:
                heard(json.loads(line))
        heard(None)


@contextmanager
def _sigint_held_back() -> Iterator[None]:
    """A child inherits which signals are held back: Ctrl-C cannot hit it before it ignores it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
