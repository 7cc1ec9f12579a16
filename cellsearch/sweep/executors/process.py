"""N worker processes, each used for trial after trial, each with its own threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from cellsearch.sweep.executors.base import TRAINER, Event, Events, Executor, Items, Started
from cellsearch.sweep.executors.crew import Crew
from cellsearch.sweep.executors.messages import Message
from cellsearch.sweep.executors.options import Options
from cellsearch.sweep.executors.workers import WorkerProcess


class ProcessExecutor(Executor):
    """Trains up to `workers` trials side by side on this machine, with `threads` threads each."""

    def __init__(self, workers: int, threads: int = 1, *, trainer: str = TRAINER) -> None:
        self.workers = self.at_once = max(1, workers)
        self.threads = threads
        self.trainer = trainer
        self._stopping = threading.Event()

    def run(self, items: Items) -> Events:
        """See `Executor.run`."""
        self._stopping.clear()
        yield from _ProcessCrew(self, items).run(self._stopping)

    def stop(self) -> None:
        """See `Executor.stop`."""
        self._stopping.set()


def make(options: Options) -> ProcessExecutor:
    """The executor with these options; as many workers as there is room for."""
    options.on_this_machine_only("process")
    return ProcessExecutor(options.room(), options.threads)


class _ProcessCrew(Crew[WorkerProcess, WorkerProcess]):
    def __init__(self, plan: ProcessExecutor, items: Items) -> None:
        super().__init__(items)
        self._plan = plan

    def _give(self) -> Iterator[Event]:
        """Work for each worker that waits for it, and a worker for each item, up to N."""
        for worker in self._idle():
            if not self._ahead(1):
                return
            item = self._queue.popleft()
            worker.train(item)
            yield Started(item.key, item.attempt, worker.name)
        while len(self._hands) < self._plan.workers and self._ahead(len(self._starting()) + 1):
            self._hands.append(WorkerProcess(self._plan.trainer, self._plan.threads, self._heard))

    def _take(self, worker: WorkerProcess, message: Message | None) -> Iterator[Event]:
        if message is not None:
            yield from self._answer(worker, message)
            return
        failure = worker.wait()
        yield from self._lose(worker, failure)
        if not worker.ready:
            self._count_stillborn("no worker gets ready", failure)

    def _dismiss(self) -> None:
        for worker in self._hands:
            worker.bury()
        self._hands.clear()
