"""What tests that kill sweeps have in common: a driver to be killed, and what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cellsearch import store
from cellsearch.record import TrialLine
from cellsearch.sweep.watching.status import status

SCRIPT = str(Path(__file__).with_name("sweep_driver.py"))


class Driver:
    """A sweep in a session of its own, so that every process that it leaves can be found.

    `cluster`: an address, or `own` for a cluster of its own; without, its workers are processes.
    """

    def __init__(self, folder: Path, config: dict[str, Any], trainer: str, *cluster: str) -> None:
        call = [sys.executable, SCRIPT, str(folder), json.dumps(config), trainer, "2", *cluster]
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
def driven(folder: Path, config: dict[str, Any], trainer: str, *cluster: str) -> Iterator[Driver]:
    driver = Driver(folder, config, trainer, *cluster)
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


def assert_same(killed: Path, calm: Path) -> None:
    """Every planned trial is on record, once, with what the calm study found."""
    counts = Counter((t.variant, t.seed) for t in trial_lines(killed))
    assert set(counts.values()) == {1}
    assert results(killed) == results(calm)
    planned = status(killed).planned
    assert (len(counts), status(killed).done) == (planned, planned)
    assert list((killed / "checkpoints").iterdir()) == []


def everything() -> dict[int, int]:
    """Every process with its parent, zombies too."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            found[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    return found


def present() -> set[int]:
    """Every process, zombies too."""
    return set(everything())


def children(process: int) -> list[int]:
    """The processes that a process has started, zombies too."""
    return [p for p, parent in everything().items() if parent == process]


def descendants(process: int) -> set[int]:
    """All that come from a process, but those whose parents have died."""
    parents = everything()
    found = {process}
    while more := {p for p, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {process}


def command(process: int) -> str:
    """How a process was called."""
    return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def wait_until(true: Callable[[], Any], seconds: float) -> None:
    """Fail where it takes longer."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"waited for {seconds} seconds in vain"
        time.sleep(0.05)
