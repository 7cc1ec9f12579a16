"""What the tests of the report share."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def _little_to_collect() -> Iterator[None]:
    """statsmodels collects garbage at each correction; what is there already need not be seen."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
