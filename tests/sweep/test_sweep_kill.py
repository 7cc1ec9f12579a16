"""`kill -9` at random moments, driver and workers: nothing is lost, nothing done twice."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from killing import assert_same, driven
from small_sweep import SMALL

from cellsearch import store
from cellsearch.sweep.watching.status import status
from cellsearch.testing.executors import TRAINER

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")

REAL = "cellsearch.train:train"


def torment(
    folder: Path, config: dict[str, Any], trainer: str, moments: int, delay: tuple[float, float]
) -> None:
    """Kill the driver, then a worker, then the driver, …, and let the last driver finish."""
    rng = random.Random(moments)
    for moment in range(0, moments, 2):
        with driven(folder, config, trainer) as driver:
            time.sleep(rng.uniform(*delay))
            assert driver.process.poll() is None, "the sweep was over before it could be killed"
            driver.kill()
            driver.wait_until_alone()
            if store.begun(folder):
                assert status(folder).running == 0
        if moment + 1 < moments:
            with driven(folder, config, trainer) as driver:
                time.sleep(rng.uniform(*delay))
                for worker in rng.sample(driver.workers(), k=1) if driver.workers() else []:
                    with suppress(ProcessLookupError):
                        os.kill(worker, signal.SIGKILL)
                time.sleep(rng.uniform(*delay))
                driver.kill()
                driver.wait_until_alone()
    with driven(folder, config, trainer) as driver:
        driver.finish()
        driver.wait_until_alone()


def check(
    tmp_path: Path,
    config: dict[str, Any],
    trainer: str,
    moments: int,
    delay: Callable[[float], tuple[float, float]],
) -> None:
    """`delay`: from the seconds of the calm run to the shortest and the longest time to a kill."""
    began = time.monotonic()
    with driven(tmp_path / "calm", config, trainer) as driver:
        driver.finish()
    torment(tmp_path / "killed", config, trainer, moments, delay(time.monotonic() - began))
    assert_same(tmp_path / "killed", tmp_path / "calm")


def test_killed_at_random_moments(tmp_path: Path) -> None:
    config = SMALL | {
        "variants": {"slow": {"with": "o = 1"}, "slow_too": {"with": "i = 1"}},
        "train": {"tokens": 400, "batch": 2, "segment": 2},
        "seeds": 3,
    }
    check(tmp_path, config, TRAINER, moments=3, delay=lambda calm: (0.3, 1.2))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_at_twenty_moments_while_it_trains(tmp_path: Path) -> None:
    config = SMALL | {
        "variants": {
            "no_output_gate": {"with": "o = 1"},
            "no_input_gate": {"with": "i = 1"},
            "gru": {"cell": "gru"},
        },
        "model": {"hidden": 32},
        "train": {"tokens": 250_000, "batch": 8, "segment": 16, "checkpoint_seconds": 0.5},
        "seeds": 3,
    }
    # 30 delays, of which the 20 starts of a driver take a good part: work is left to the end.
    check(tmp_path, config, REAL, moments=20, delay=lambda calm: (1.0, calm / 14))
