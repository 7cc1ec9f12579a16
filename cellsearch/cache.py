"""The folder where what can be made or fetched again is kept."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path

VARIABLE = "CELLSEARCH_CACHE"


def cache_folder() -> Path:
    """`$CELLSEARCH_CACHE`, else the user's cache folder. It need not exist yet."""
    given = os.environ.get(VARIABLE)
    return Path(given) if given else user_cache_path("cellsearch", appauthor=False)
