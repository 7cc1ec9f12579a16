"""Ray Tune runs the trials: on this machine, or on a cluster that is there."""

from __future__ import annotations

import threading

from cellsearch.sweep.executors.base import TRAINER, Events, Executor, Items
from cellsearch.sweep.executors.child import thread_variables
from cellsearch.sweep.executors.options import Options
from cellsearch.sweep.executors.ray.crew import RayCrew, Wishes
from cellsearch.sweep.executors.ray.settings import Settings
from cellsearch.sweep.executors.ray.shares import Share


class RayExecutor(Executor):
    """Trains as many trials side by side as it is told, or as there is room for.

    Args:
        options: of them, `threads` are a trial's CPUs.
        trainer: what trains, as module:function.
    """

    def __init__(self, options: Options, *, trainer: str = TRAINER) -> None:
        self._wishes = Wishes(
            settings=Settings(
                trainer=trainer,
                address=options.address,
                cpus=options.room() * options.threads,
                variables=thread_variables(options.threads),
            ),
            share=Share(options.threads, options.gpus_per_trial),
            workers=options.workers,
            log=options.log,
        )
        self._stopping = threading.Event()

    def run(self, items: Items) -> Events:
        """See `Executor.run`."""
        self._stopping.clear()
        if self._wishes.log is not None:
            self._wishes.log.unlink(missing_ok=True)
        crew = RayCrew(self._wishes, items)
        try:
            yield from crew.run(self._stopping)
        finally:
            self.at_once = crew.limit or None

    def stop(self) -> None:
        """See `Executor.stop`."""
        self._stopping.set()
