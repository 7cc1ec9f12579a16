"""Test parameters of which a usual run takes some."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def one_in(share: int, items: Iterable[Any]) -> list[Any]:
    """Each `share`-th of these in a usual run, all of them with `--run-slow`."""
    return [
        item if i % share == 0 else pytest.param(*_values(item), marks=pytest.mark.slow)
        for i, item in enumerate(items)
    ]


def _values(item: Any) -> tuple[Any, ...]:
    return item if isinstance(item, tuple) else (item,)
