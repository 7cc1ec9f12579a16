"""Where the checkpoints of a study's trials lie, and their weights until they are on record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from cellsearch import places
from cellsearch.errors import StoreError
from cellsearch.places import Place
from cellsearch.record import StudyLine

CHECKPOINTS, WEIGHTS = "checkpoints", "weights"
# Better now than after the first half minute of every trial.
_PROBE = "can-be-written"


def scratch(storage: Place | None, study: StudyLine, folder: Path) -> Place:
    """Where workers write: in the study's folder, or in one of its own in a storage for many."""
    if storage is None:
        return folder
    digest = hashlib.sha256(study.model_dump_json().encode()).hexdigest()
    return places.join(storage, f"{study.spec.name}-{digest[:12]}")


def file_name(key: str) -> str:
    """A trial's key as the name of a file or folder."""
    return key.replace(":", "-")


class Shelf:
    """The files of trials that are not on record yet, and what becomes of them.

    Args:
        folder: the study's, in which weights end in any case.
        scratch: where workers write; reached by all of them.
    """

    def __init__(self, folder: Path, scratch: Place) -> None:
        self._folder = folder
        self._checkpoints = places.join(scratch, CHECKPOINTS)
        self._weights = places.join(scratch, WEIGHTS)

    def checkpoint(self, key: str) -> Place:
        """The place for a trial's checkpoints."""
        return places.join(self._checkpoints, file_name(key))

    def weights(self, key: str) -> Place:
        """The file for a trial's final weights."""
        return places.join(self._weights, _weights_name(key))

    def sidecars(self, key: str) -> dict[str, str]:
        """The trial's files in the study's folder, with their SHA-256; they are fetched first.

        Raises:
            StoreError: they cannot be fetched.
        """
        name = _weights_name(key)
        there, here = places.folder(self._weights), self._folder / WEIGHTS
        try:
            content = there.read(name)
            if self._weights != here:
                places.folder(here).write(name, content)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StoreError(f"{self.weights(key)}: cannot be fetched: {error}") from None
        return {f"{WEIGHTS}/{name}": hashlib.sha256(content).hexdigest()}

    def clear(self, key: str) -> None:
        """Remove what a trial that is on record needs no more."""
        places.folder(self._checkpoints).remove(file_name(key))
        if self._weights != self._folder / WEIGHTS:
            places.folder(self._weights).remove(_weights_name(key))

    def prepare(self, keys: Iterable[str]) -> None:
        """Remove what a driver that was killed did not come to remove. No worker may run.

        Args:
            keys: of trials that are on record.

        Raises:
            StoreError: checkpoints cannot be written there.
        """
        over = {file_name(key) for key in keys}
        checkpoints = places.folder(self._checkpoints)
        try:
            for name in checkpoints.names():
                if name in over:
                    checkpoints.remove(name)
            places.folder(self._weights).tidy()
            checkpoints.write(_PROBE, b"")
            checkpoints.remove(_PROBE)
        except OSError as error:
            why = error.strerror or str(error)
            raise StoreError(f"{self._checkpoints}: cannot be used: {why.lower()}") from None


def _weights_name(key: str) -> str:
    return f"{file_name(key)}.safetensors"
