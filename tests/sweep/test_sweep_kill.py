"""`kill -9` at random moments, driver and workers: nothing is lost, nothing done twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from small_sweep import SMALL

from cellsearch import store
from cellsearch.record import TrialLine
from cellsearch.sweep.status import status
from cellsearch.testing.executors import TRAINER

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")

SCRIPT = str(Path(__file__).with_name("sweep_driver.py"))
REAL = "cellsearch.train:train"


class Driver:
    """A sweep in a session of its own, so that every process that it leaves can be found."""

    def __init__(self, folder: Path, config: dict[str, Any], trainer: str) -> None:
        call = [sys.executable, SCRIPT, str(folder), json.dumps(config), trainer, "2"]
        self.process = subprocess.Popen(
            call, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def finish(self) -> str:
        out, err = self.process.communicate(timeout=800)
        assert (self.process.returncode, err) == (0, "")
        return out

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def session(self) -> list[int]:
        """Living processes of the driver's session, itself not counted."""
        return [pid for pid, _, session in processes() if session == self.process.pid != pid]

    def workers(self) -> list[int]:
        return [pid for pid, parent, _ in processes() if parent == self.process.pid]

    def wait_until_alone(self) -> None:
        until = time.monotonic() + 20
        while self.session():
            assert time.monotonic() < until, f"left behind: {self.session()}"
            time.sleep(0.02)


def processes() -> Iterator[tuple[int, int, int]]:
    """Process, parent and session of each process that is no zombie."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent, _, session = stat.read_text().rpartition(")")[2].split()[:4]
            if state != "Z":
                yield int(stat.parent.name), int(parent), int(session)


@contextmanager
def driven(folder: Path, config: dict[str, Any], trainer: str) -> Iterator[Driver]:
    driver = Driver(folder, config, trainer)
    try:
        yield driver
    finally:
        with suppress(ProcessLookupError):
            os.killpg(driver.process.pid, signal.SIGKILL)
        driver.process.communicate()


def trial_lines(folder: Path) -> list[TrialLine]:
    """Every trial's line, earlier attempts among them."""
    lines = (folder / store.NAME).read_text().splitlines()
    return [TrialLine.model_validate_json(li) for li in lines if '"kind":"trial"' in li]


def results(folder: Path) -> dict[tuple[str, int], Any]:
    return {
        (t.variant, t.seed): (t.trial_key, t.outcome.metrics, t.outcome.curves, t.sidecars)
        for t in store.read(folder).trials
    }


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
        planned = int(driver.finish().split()[0])
    torment(tmp_path / "killed", config, trainer, moments, delay(time.monotonic() - began))
    counts = Counter((t.variant, t.seed) for t in trial_lines(tmp_path / "killed"))
    assert set(counts.values()) == {1}
    assert len(counts) == planned
    assert results(tmp_path / "killed") == results(tmp_path / "calm")
    assert status(tmp_path / "killed").done == planned
    assert list((tmp_path / "killed" / "checkpoints").iterdir()) == []


def test_killed_at_random_moments(tmp_path: Path) -> None:
    config = SMALL | {
        "variants": {"slow": {"with": "o = 1"}, "slow_too": {"with": "i = 1"}},
        "train": {"tokens": 400, "batch": 2, "segment": 2},
        "seeds": 3,
    }
    check(tmp_path, config, TRAINER, moments=6, delay=lambda calm: (0.3, 1.2))


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
