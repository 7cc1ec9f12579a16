"""How files get into the cache whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from cellsearch.errors import DataError


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write, that becomes `path` when the block ends well and vanishes otherwise.

    Each writer has a file of its own, so two processes never mix their bytes.

    Raises:
        DataError: the folder or the file cannot be written (no rights, a full disk).
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise DataError(f"cannot write '{path}': {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            part.unlink()
