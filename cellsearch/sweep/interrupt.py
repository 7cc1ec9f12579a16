"""Ctrl-C, a machine that asks a process to end, and a time that is up: all are requests."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def asked_to_stop(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` at the first request to end; a second one raises KeyboardInterrupt.

    In a thread other than the main one, signals are not ours to handle.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        for number in _SIGNALS:
            signal.signal(number, _Handler(stop))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def out_of_time(hours: float | None, stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` after so many hours, from another thread; never where none are given."""
    if hours is None:
        yield
        return
    timer = threading.Timer(hours * 3600, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class _Handler:
    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._asked = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
        self._stop()
