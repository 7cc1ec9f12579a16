"""What others can open: the ledger written anew in their formats, as it grows.

A mirror is made from the journal alone and is never asked what has been done: it may be deleted,
and is whole again when the study is next gone on with.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cellsearch.record import StudyLine, TrialLine


class Mirror(ABC):
    """One format. What it raises is said, once, and the study goes on without it."""

    name: str

    @abstractmethod
    def catch_up(self, study: StudyLine, lines: Iterable[TrialLine]) -> None:
        """Be what the ledger says. `lines` are all attempts that are on record, in their order."""

    @abstractmethod
    def add(self, line: TrialLine) -> None:
        """One more line is on record."""


class Mirrors:
    """All mirrors of a study.

    Args:
        mirrors: those that are wanted.
        note: is told of one that can no longer be written.
    """

    def __init__(self, mirrors: Iterable[Mirror], note: Callable[[str], None]) -> None:
        self._mirrors = list(mirrors)
        self._note = note

    def catch_up(self, study: StudyLine, lines: Callable[[], Iterable[TrialLine]]) -> None:
        """See `Mirror.catch_up`."""
        for mirror in list(self._mirrors):
            with self._parted_with_where_it_fails(mirror):
                mirror.catch_up(study, lines())

    def add(self, line: TrialLine) -> None:
        """See `Mirror.add`."""
        for mirror in list(self._mirrors):
            with self._parted_with_where_it_fails(mirror):
                mirror.add(line)

    @contextmanager
    def _parted_with_where_it_fails(self, mirror: Mirror) -> Iterator[None]:
        # Whatever another's format raises, the study is worth more than its mirror.
        try:
            yield
        except Exception as error:
            self._mirrors.remove(mirror)
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            self._note(f"{mirror.name} cannot be written: {said}; the study goes on without it")


def mirrors_of(study: StudyLine, folder: Path, tensorboard: bool) -> list[Mirror]:
    """Optuna's where the study has a tuning, TensorBoard's where it is asked for."""
    found: list[Mirror] = []
    if study.spec.tune is not None:
        from cellsearch.sweep.mirrors.optuna import OptunaMirror

        found.append(OptunaMirror(folder))
    if tensorboard:
        from cellsearch.sweep.mirrors.tensorboard import TensorBoardMirror

        found.append(TensorBoardMirror(folder))
    return found
