"""Starts the engine and ends all that it leaves behind: a cluster is a dozen processes.

Each of them dies with its parent, or some time after it. This process makes sure: orphans of the
engine become its children, and it goes only when there are none. It ends them when the engine has
ended, when it is asked to (SIGTERM), and when the driver is gone.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from cellsearch.sweep.executors import parent
from cellsearch.sweep.executors.ray.settings import Settings

_PREFIX = "cellsearch-"


class _Asked(BaseException):
    """Somebody asks to end."""


def main(driver: str, settings: str) -> None:
    """Keep an engine with these settings for the driver with this process id."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _ask)
    parent.adopt_orphans()
    folder: Path | None = None
    code = 0
    try:
        parent.die_with(int(driver), signal.SIGTERM)
        folder = _folder()
        code = _wait(_start(settings, folder))
    except _Asked:
        pass
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end_descendants()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
    os._exit(code)


def _ask(number: int, frame: object) -> None:
    raise _Asked


def _start(settings: str, folder: Path) -> int:
    keeper = os.getpid()
    if (engine := os.fork()) != 0:
        return engine
    # Whatever happens here, it must not go on as a second keeper.
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        parent.die_with(keeper)
        from cellsearch.sweep.executors.ray.engine import serve

        serve(Settings.read(settings), folder)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _wait(engine: int) -> int:
    """The engine's exit code, or, as shells say it, 128 and the signal that ended it."""
    while True:
        # Orphans end here, too.
        process, status = os.wait()
        if process == engine:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def end_descendants() -> None:
    """Kill all processes that come from this one, which adopts orphans; wait for their ends."""
    with suppress(ChildProcessError):
        while True:
            for process in _children():
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
            time.sleep(0.01)


def _children() -> Iterator[int]:
    me = str(os.getpid())
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if stat.read_text().rpartition(")")[2].split()[1] == me:
                yield int(stat.parent.name)


def _folder() -> Path:
    """A folder for all that the engine writes; those of keepers that were killed are removed."""
    # Sockets lie in it, and the names of sockets are short.
    base = Path("/tmp") if Path("/tmp").is_dir() else Path(tempfile.gettempdir())
    for old in base.glob(f"{_PREFIX}*-*"):
        keeper = old.name.split("-")[1]
        if keeper.isdecimal() and not _lives(int(keeper)):
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=base))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
