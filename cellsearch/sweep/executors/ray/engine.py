"""Ray Tune as the engine: the one file that imports Ray.

A Tune trial is a worker here, which trains many trials of ours: between two of them lie
milliseconds, and what Tune remembers does not grow with their number. The driver hires; the
searcher suggests who is hired; Tune finds a place, starts an actor or takes one that is free, and
says when one is lost. What becomes of its trial is the driver's business.
"""

from __future__ import annotations

import os
import socket
import threading
import traceback
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import ray
from ray import tune
from ray._private import serialization
from ray.exceptions import RayActorError
from ray.tune.search import Searcher
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from cellsearch.sweep.executors import parent
from cellsearch.sweep.executors.messages import Message
from cellsearch.sweep.executors.ray.desk import Desk
from cellsearch.sweep.executors.ray.labour import labour
from cellsearch.sweep.executors.ray.settings import Settings

# The least that Ray takes: hardly anything of ours goes through its store.
_STORE_BYTES = 75 * 2**20
# To see whether somebody listens at an address, and until workers that were sent away are gone.
_ANSWER_SECONDS = 5.0
_LEAVE_SECONDS = 5.0
_NUMBER = "nothing"


class EndedForMemoryError(RayActorError):  # type: ignore[misc]
    """Ray's memory monitor ended a worker. Tune does not survive Ray's own error for that."""

    def __init__(self, message: str) -> None:
        super().__init__(error_msg=message)


serialization.OutOfMemoryError = EndedForMemoryError


def serve(settings: Settings, folder: Path) -> None:
    """Start or join Ray, then find places for those whom the driver hires; never returns.

    Args:
        settings: what the driver wants.
        folder: for whatever is written on the way.
    """
    say = parent.Voice()
    # Ray lets workers import from the working directory, which is the user's.
    os.chdir(folder)
    say(said="awake")
    try:
        _connect(settings, folder)
    except Exception as error:
        if settings.address is None:
            raise
        say(said="unreachable", message=_why_not(error))
        os._exit(0)
    say(said="up", nodes=_nodes())
    Engine(settings, folder).serve(say)


def _connect(settings: Settings, folder: Path) -> None:
    common = {"runtime_env": {"env_vars": settings.variables}, "log_to_driver": True}
    if settings.address is not None:
        _require_listener(settings.address)
        ray.init(settings.address, **common)
        return
    ray.init(
        "local",
        num_cpus=settings.cpus,
        object_store_memory=_STORE_BYTES,
        include_dashboard=False,
        _temp_dir=str(folder),
        **common,
    )


def _nodes() -> list[dict[str, float]]:
    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


def _why_not(error: BaseException) -> str:
    # Ray says it in the text of an error that caused another.
    if "AuthenticationError" in f"{error!r} {error.__cause__!r}":
        return "it wants a token; where that is in ~/.ray/auth_token, set RAY_AUTH_MODE=token"
    return str(error)


def _require_listener(address: str) -> None:
    """Raise OSError if nobody listens at host:port, for which Ray itself takes a minute."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), _ANSWER_SECONDS).close()


class Engine:
    """One run of Tune and the desk between it, the driver and the workers."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._hires: SimpleQueue[Message] = SimpleQueue()
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        options = {"num_cpus": 0, "max_concurrency": 100_000, "scheduling_strategy": here}
        self._desk = ray.remote(Desk).options(**options).remote()

    def serve(self, say: parent.Voice) -> None:
        """Pass on what is said, and let Tune run; the driver ends it."""
        threading.Thread(target=self._hear_workers, args=(say,), daemon=True).start()
        threading.Thread(target=self._hear_driver, daemon=True).start()
        self._tuner().fit()

    def _tuner(self) -> tune.Tuner:
        work = partial(_work, desk=self._desk, trainer=self._settings.trainer)
        return tune.Tuner(
            tune.with_resources(work, _bundle),
            tune_config=tune.TuneConfig(
                search_alg=_Hired(self._hires), num_samples=-1, reuse_actors=True
            ),
            run_config=tune.RunConfig(
                storage_path=str(self._folder),
                verbose=0,
                failure_config=tune.FailureConfig(max_failures=0),
                callbacks=[_Partings(partial(_ask, self._desk))],
            ),
        )

    def _hear_workers(self, say: parent.Voice) -> None:
        try:
            while True:
                for message in _ask(self._desk, "all_for_engine"):
                    say(**message)
        except BaseException:
            # The desk is gone, and no word of any worker's reaches the driver.
            traceback.print_exc()
        finally:
            os._exit(1)

    def _hear_driver(self) -> None:
        try:
            for message in parent.heard():
                self._obey(message)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)

    def _obey(self, message: Message) -> None:
        match message["do"]:
            case "hire":
                self._hires.put(message)
            case "end":
                ray.get(self._desk.dismiss.remote(), timeout=_LEAVE_SECONDS)
                os._exit(0)
            case _:
                _ask(self._desk, "to_worker", message.pop("worker"), message)


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "nothing"


def _ask(desk: Any, method: str, *words: Any) -> Any:
    return ray.get(getattr(desk, method).remote(*words))


def _work(config: Message, desk: Any, trainer: str) -> dict[str, float]:
    """What Tune runs as a trial. A searcher must be given a number."""
    place = ray.get_runtime_context().get_node_id()
    labour(partial(_ask, desk), config["worker"], trainer, place)
    return {_NUMBER: 0.0}


def _bundle(config: Message) -> tune.PlacementGroupFactory:
    share = {"CPU": config["cpus"], "GPU": config["gpus"]}
    return tune.PlacementGroupFactory([{name: n for name, n in share.items() if n}])


class _Hired(Searcher):  # type: ignore[misc]
    """Suggests whom the driver hires, for as long as the engine lives."""

    def __init__(self, hires: SimpleQueue[Message]) -> None:
        super().__init__(metric=_NUMBER, mode="max")
        self._hires = hires

    def __getstate__(self) -> Message:
        # Tune writes itself down when it starts. Nobody reads that.
        return {}

    def suggest(self, trial_id: str) -> Message | None:
        try:
            return self._hires.get_nowait()
        except Empty:
            return None

    def on_trial_complete(
        self, trial_id: str, result: Message | None = None, error: bool = False
    ) -> None:
        pass

    def save(self, checkpoint_path: str) -> None:
        pass

    def restore(self, checkpoint_path: str) -> None:
        pass


class _Partings(tune.Callback):  # type: ignore[misc]
    """Says at the desk who is gone, after all that they said themselves."""

    def __init__(self, ask: Any) -> None:
        self._ask = ask

    def on_trial_complete(self, *, trial: Any, **_: Any) -> None:
        self._gone(trial, None)

    def on_trial_error(self, *, trial: Any, **_: Any) -> None:
        # Which error it was is nowhere else; what Ray's memory monitor does has these words.
        said = Path(trial.error_file).read_text()
        if "low on memory" in said:
            text = "was ended by Ray, for its machine ran out of memory"
            self._gone(trial, {"kind": "oom", "message": text})
        else:
            text = "died or was killed, or its machine did; Ray says: "
            self._gone(trial, {"kind": "killed", "message": text + _last_line(said)})

    def _gone(self, trial: Any, failure: Message | None) -> None:
        gone = {"said": "gone", "failure": failure, "nodes": _nodes()}
        self._ask("to_engine", trial.config["worker"], gone)
