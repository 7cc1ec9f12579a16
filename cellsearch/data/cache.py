"""The folder where downloaded and extracted text stays, and how files get there whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from platformdirs import user_cache_path

from cellsearch.errors import DataError

VARIABLE = "CELLSEARCH_CACHE"


def cache_folder() -> Path:
    """`$CELLSEARCH_CACHE`, else the user's cache folder. It need not exist yet."""
    given = os.environ.get(VARIABLE)
    return Path(given) if given else user_cache_path("cellsearch", appauthor=False)


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
