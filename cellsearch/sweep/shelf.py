"""Where the checkpoints of a study's trials lie, and their sidecars until they are on record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from cellsearch import places
from cellsearch.errors import StoreError
from cellsearch.places import Place
from cellsearch.record import StudyLine

CHECKPOINTS, WEIGHTS, RECORDINGS = "checkpoints", "weights", "recordings"
# What is kept of a trial beside the journal, a file in each.
SIDECARS = (WEIGHTS, RECORDINGS)
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
        folder: the study's, in which sidecars end in any case.
        scratch: where workers write; reached by all of them.
    """

    def __init__(self, folder: Path, scratch: Place) -> None:
        self._folder = folder
        self._scratch = scratch
        self._checkpoints = places.join(scratch, CHECKPOINTS)

    def checkpoint(self, key: str) -> Place:
        """The place for a trial's checkpoints."""
        return places.join(self._checkpoints, file_name(key))

    def weights(self, key: str) -> Place:
        """The file for a trial's final weights."""
        return self._sidecar(WEIGHTS, key)

    def recordings(self, key: str) -> Place:
        """The file for what is recorded of a trial."""
        return self._sidecar(RECORDINGS, key)

    def sidecars(self, key: str) -> dict[str, str]:
        """The trial's files in the study's folder, with their SHA-256; they are fetched first.

        Raises:
            StoreError: they cannot be fetched.
        """
        found = {f"{kind}/{_sidecar_name(key)}": self._fetched(kind, key) for kind in SIDECARS}
        return {name: sha256 for name, sha256 in found.items() if sha256 is not None}

    def _sidecar(self, kind: str, key: str) -> Place:
        return places.join(self._scratch, kind, _sidecar_name(key))

    def _fetched(self, kind: str, key: str) -> str | None:
        """The SHA-256 of a file that is now in the study's folder; None: there is none."""
        there, name = places.split(self._sidecar(kind, key))
        try:
            content = there.read(name)
            if self._scratch != self._folder:
                places.folder(self._folder / kind).write(name, content)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{self._sidecar(kind, key)}: cannot be fetched: {error}") from None
        return hashlib.sha256(content).hexdigest()

    def clear(self, key: str) -> None:
        """Remove what a trial that is on record needs no more."""
        places.folder(self._checkpoints).remove(file_name(key))
        if self._scratch != self._folder:
            for kind in SIDECARS:
                places.folder(places.join(self._scratch, kind)).remove(_sidecar_name(key))

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
            for kind in SIDECARS:
                places.folder(places.join(self._scratch, kind)).tidy()
            checkpoints.write(_PROBE, b"")
            checkpoints.remove(_PROBE)
        except OSError as error:
            why = error.strerror or str(error)
            raise StoreError(f"{self._checkpoints}: cannot be used: {why.lower()}") from None


def _sidecar_name(key: str) -> str:
    return f"{file_name(key)}.safetensors"
