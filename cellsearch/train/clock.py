"""Where a trial's seconds went, over all the runs that it took."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Clock:
    """Seconds spent in named parts, and in total.

    Args:
        before: the seconds of the runs before this one, as `seconds` gave them.
    """

    def __init__(self, before: Mapping[str, float] | None = None) -> None:
        self._spent = {"train": 0.0, "evaluate": 0.0, "total": 0.0, **(before or {})}
        self._began = time.monotonic()

    @contextmanager
    def running(self, part: str) -> Iterator[None]:
        """Count the time within to `part`."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._spent[part] = self._spent.get(part, 0.0) + time.monotonic() - began

    def seconds(self) -> dict[str, float]:
        """Seconds of each part so far."""
        return self._spent | {"total": self._spent["total"] + time.monotonic() - self._began}
