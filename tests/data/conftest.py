import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cellsearch.config import TaskConfig


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def short_task() -> Callable[..., TaskConfig]:
    """A task whose evaluation needs six tokens only, so that texts can be short."""

    def make(corpus: object, **fields: object) -> TaskConfig:
        given = {"evaluation_streams": 2, "evaluation_warmup": 3, **fields}
        return TaskConfig.model_validate({"corpus": corpus, **given})

    return make


@pytest.fixture(scope="session")
def measured() -> Path:
    """A folder with real corpora, which no checkout has."""
    folder = os.environ.get("CELLSEARCH_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("CELLSEARCH_TEST_DATA names no folder with ptb/, wikitext-2/, tinyshakespeare/")
    return Path(folder)
