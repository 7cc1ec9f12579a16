"""Recordings beside a training, which they must neither change nor stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from cellsearch.recorded import Array, Arrays
from cellsearch.recordings import Recorder

_T = TypeVar("_T")
# Stands in a checkpoint in the place of all points.
_PROBLEM = "problem"


class Aside:
    """A recorder whose mistakes end its own work alone.

    Attributes:
        problem: why it stopped; empty while it has not.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.problem = ""

    def look(self, step: int) -> None:
        """Make a point where one is due after so many updates."""
        self._tried(lambda: self._recorder.look(step))

    def content(self, *, whole: bool) -> bytes | None:
        """The file; None where it stopped."""
        return self._tried(lambda: self._recorder.content(whole=whole))

    def dump(self) -> dict[str, Array]:
        """What was recorded so far, or why it stopped, for a checkpoint."""
        found = self._tried(self._recorder.dump)
        return {_PROBLEM: _bytes(self.problem)} if found is None else found

    def restore(self, dumped: Arrays) -> None:
        """Go on from what `dump` gave, or stay where it stopped."""
        if _PROBLEM in dumped:
            self.problem = dumped[_PROBLEM].tobytes().decode()
        self._tried(lambda: self._recorder.restore(dumped))

    def _tried(self, work: Callable[[], _T]) -> _T | None:
        if self.problem:
            return None
        try:
            return work()
        # Whatever it is: the training is worth more.
        except Exception as error:
            self.problem = f"not recorded: {type(error).__name__}: {error}"
            return None


def _bytes(text: str) -> Array:
    return np.frombuffer(text.encode(), dtype=np.uint8).copy()
