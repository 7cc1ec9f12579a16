"""The other end of `child.py`: what a process of ours needs to serve the one that started it.

It never outlives that one: where the kernel can, it is told of its parent's death; and everywhere
the end of its input ends it, in whatever it does.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

from cellsearch.sweep.executors.messages import Message

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def die_with(parent: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when its parent ends, on Linux."""
    _prctl(_PR_SET_PDEATHSIG, number)
    # The parent may have ended before the call above.
    if os.getppid() != parent:
        os._exit(0)


def adopt_orphans() -> None:
    """Have the kernel make descendants whose parent dies children of this process, on Linux."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value)


class Voice:
    """Speaks to the parent over the pipe that was stdout; whatever prints goes to stderr."""

    def __init__(self) -> None:
        self._pipe = os.dup(1)
        os.dup2(2, 1)

    def __call__(self, **message: Any) -> None:
        """Say something. A parent that is gone ends this process."""
        data = json.dumps(message).encode() + b"\n"
        try:
            while data:
                data = data[os.write(self._pipe, data) :]
        except OSError:
            os._exit(0)


def heard() -> Iterator[Message]:
    """What the parent says. There is nothing after it: the end of the input ends this process."""
    for line in sys.stdin.buffer:
        yield json.loads(line)
    os._exit(0)
