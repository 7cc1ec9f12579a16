"""The engine as the driver sees it: started, spoken to, heard, ended."""

from __future__ import annotations

import os
import secrets
import signal
import tempfile
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from cellsearch.record import Failure
from cellsearch.sweep.executors.child import Child
from cellsearch.sweep.executors.messages import Message
from cellsearch.sweep.executors.ray.settings import Settings
from cellsearch.sweep.executors.ray.shares import Nodes

# None in place of a message: the engine is gone.
Heard = tuple["EngineProcess", Message | None]

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    # Tune's files about its trials say nothing here: those are workers.
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000",
    # Ray remembers the last 100,000 calls of an actor, hundreds of megabytes of them.
    "RAY_task_events_report_interval_ms": "0",
    # As many workers as are hired are started side by side; else one after the other.
    "TUNE_MAX_PENDING_TRIALS_PG": "100000",
}
# For workers of a cluster that goes on without us to be gone.
_LEAVE_SECONDS = 10.0


class EngineProcess:
    """One engine with its keeper.

    Attributes:
        nodes: what the cluster has, once the engine is up.
        useful: a worker got ready.
        shared: the cluster is not its own.
        awake: when it had imported Ray, and began to look for the cluster; None before.
    """

    def __init__(self, settings: Settings, log: Path | None, heard: SimpleQueue[Heard]) -> None:
        self.nodes: Nodes | None = None
        self.useful = False
        self.shared = settings.address is not None
        self.awake: float | None = None
        self._log = log.open("ab+") if log else tempfile.TemporaryFile()  # noqa: SIM115
        self._begin = self._log.seek(0, 2)
        self._child = Child(
            "cellsearch.sweep.executors.ray.keeper",
            [settings.text()],
            lambda message: heard.put((self, message)),
            self._log,
            _QUIET if self.shared else _QUIET | _own_token(),
            session=True,
        )

    def tell(self, **message: Any) -> None:
        """Say something to it. If it is gone, that will be heard."""
        self._child.tell(**message)

    def end(self) -> None:
        """End it and all that it started; return when that is gone."""
        if self.shared and self.nodes is not None:
            self._child.tell(do="end")
            self._child.wait(_LEAVE_SECONDS)
        self._child.end(signal.SIGTERM)
        self._log.close()

    def bury(self) -> Failure:
        """Wait for the end of an engine that has closed its pipe, and say how it ended."""
        code = self._child.end(signal.SIGTERM)
        # Words of an engine that worked for a while are old, and many.
        words = "" if self.useful else self._last_words()
        failure = Failure(kind="crash", message=f"Ray's engine {_how(code)}{words}")
        self._log.close()
        return failure

    def _last_words(self) -> str:
        self._log.seek(self._begin)
        text = self._log.read().decode(errors="replace").strip()
        return f": {text[-2000:]}" if text else ""


def _own_token() -> dict[str, str]:
    """Who may speak to a cluster of our own. Else Ray writes a token to the user's home."""
    if "RAY_AUTH_MODE" in os.environ:
        return {}
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}


def _how(code: int) -> str:
    # The keeper says it as shells do, or was killed itself.
    number = -code if code < 0 else code - 128
    return f"died of {signal.Signals(number).name}" if number > 0 else f"ended with code {code}"
