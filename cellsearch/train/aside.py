"""Recordings beside a training, which they must neither change nor stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cellsearch.recorded import Array, Arrays
from cellsearch.recordings import Recorder

_T = TypeVar("_T")


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
        """What was recorded so far, for a checkpoint."""
        return self._tried(self._recorder.dump) or {}

    def restore(self, dumped: Arrays) -> None:
        """Go on from what `dump` gave."""
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
