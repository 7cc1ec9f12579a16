"""One process holds a study.

The kernel keeps the lock and frees it when the process ends, however it ends. Its file is never
removed: it says who holds the study, or who last did.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from cellsearch.errors import StoreError

NAME = ".lock"
# Whoever asks for the holder has the lock for an instant; that is no reason to be refused.
_PATIENCE = 1.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a study."""

    pid: int
    host: str


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold the study in the folder, which is made if it is not there.

    Raises:
        StoreError: another process holds it (it is named), or the folder cannot be used.
    """
    file = _open(folder)
    try:
        with _said_of(folder):
            _acquire(file, folder)
            _sign(file)
        yield
    finally:
        os.close(file)


def holder(folder: Path) -> Holder | None:
    """Who holds the study now, or None."""
    try:
        file = os.open(folder / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return None if _try(file, fcntl.LOCK_SH) else _written(file)
    finally:
        os.close(file)


def _open(folder: Path) -> int:
    with _said_of(folder):
        folder.mkdir(parents=True, exist_ok=True)
        # Closed in every process that is started from this one, so that none of them keeps it.
        return os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)


@contextmanager
def _said_of(folder: Path) -> Iterator[None]:
    """What the system refuses (a full disk, one without locks) is said of the folder."""
    try:
        yield
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise StoreError(f"{folder}: cannot hold a study: {why}") from None


def _acquire(file: int, folder: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while not _try(file, fcntl.LOCK_EX):
        if time.monotonic() > until:
            by = _written(file)
            raise StoreError(
                f"{folder}: held by process {by.pid} on {by.host}; "
                "one process works on a study at a time"
            )
        time.sleep(0.05)


def _sign(file: int) -> None:
    os.ftruncate(file, 0)
    os.pwrite(file, json.dumps(asdict(Holder(os.getpid(), platform.node()))).encode(), 0)


def _try(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _written(file: int) -> Holder:
    with suppress(ValueError, TypeError):
        return Holder(**json.loads(os.pread(file, 4096, 0)))
    return Holder(0, "an unknown host")
