"""By what the small sweeps are run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from small_sweep import Watcher, measured

from cellsearch.sweep.executors.inline import InlineExecutor
from cellsearch.sweep.run import Means
from cellsearch.testing.executors import TRAINER


@pytest.fixture
def means() -> Means:
    """Trains in this process, by counting."""
    return Means(executor=InlineExecutor(trainer=TRAINER), display=Watcher(), measure=measured)


@pytest.fixture
def watched(means: Means) -> Callable[[], tuple[Means, Watcher]]:
    """The same means with a fresh watcher, each time it is called."""

    def fresh() -> tuple[Means, Watcher]:
        watcher = Watcher()
        return replace(means, display=watcher), watcher

    return fresh


@pytest.fixture
def sweep_file(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a sweep file."""

    def write(text: str) -> Path:
        path = tmp_path / "sweep.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
