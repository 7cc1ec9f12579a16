"""N worker processes, each used for trial after trial, each with its own threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from queue import Empty, SimpleQueue

from cellsearch.errors import StoreError, TrialError
from cellsearch.record import Outcome, Progress
from cellsearch.sweep.executors.base import (
    TRAINER,
    Event,
    Events,
    Executor,
    Failed,
    Finished,
    Items,
    Moved,
    Patience,
    Started,
    WorkItem,
)
from cellsearch.sweep.executors.workers import Heard, Message, WorkerProcess

# Workers that die one after the other before they are ready: something is wrong with all.
_STILLBORN = 5


class ProcessExecutor(Executor):
    """Trains up to `workers` trials side by side on this machine, with `threads` threads each."""

    def __init__(self, workers: int, threads: int = 1, *, trainer: str = TRAINER) -> None:
        self.workers = max(1, workers)
        self.threads = threads
        self.trainer = trainer
        self._stopping = threading.Event()

    def run(self, items: Items) -> Events:
        """See `Executor.run`."""
        self._stopping.clear()
        crew = _Crew(self, iter(items))
        try:
            yield from crew.work(self._stopping)
        finally:
            crew.dismiss()

    def stop(self) -> None:
        """See `Executor.stop`."""
        self._stopping.set()


class _Crew:
    """The workers of one run, and what is waiting for them."""

    def __init__(self, plan: ProcessExecutor, items: Iterator[WorkItem | None]) -> None:
        self._plan = plan
        self._items = items
        self._queue: deque[WorkItem] = deque()
        self._heard: SimpleQueue[Heard] = SimpleQueue()
        self._workers: list[WorkerProcess] = []
        self._patience = Patience()
        self._stillborn = 0

    def work(self, stopping: threading.Event) -> Iterator[Event]:
        asked = False
        while True:
            if not stopping.is_set():
                yield from self._give()
            elif not asked:
                asked = True
                self._ask_to_stop()
            if not self._expecting(stopping):
                return
            yield from self._hear()

    def dismiss(self) -> None:
        for worker in self._workers:
            worker.bury()
        self._workers.clear()

    def _give(self) -> Iterator[Event]:
        """Work for each worker that waits for it, and a worker for each item, up to N."""
        for worker in self._idle():
            if not self._ahead(1):
                return
            item = self._queue.popleft()
            worker.train(item)
            yield Started(item.key, item.attempt, worker.name)
        while len(self._workers) < self._plan.workers and self._ahead(len(self._starting()) + 1):
            self._workers.append(WorkerProcess(self._plan.trainer, self._plan.threads, self._heard))

    def _ahead(self, count: int) -> bool:
        """Whether so many items wait, after looking for more."""
        while len(self._queue) < count:
            item = next(self._items, None)
            if item is None:
                return False
            self._queue.append(item)
        return True

    def _idle(self) -> list[WorkerProcess]:
        return [w for w in self._workers if w.ready and w.item is None]

    def _starting(self) -> list[WorkerProcess]:
        return [w for w in self._workers if not w.ready]

    def _busy(self) -> list[WorkerProcess]:
        return [w for w in self._workers if w.item is not None]

    def _expecting(self, stopping: threading.Event) -> bool:
        return bool(self._busy() or (self._queue and not stopping.is_set()))

    def _ask_to_stop(self) -> None:
        for worker in self._busy():
            worker.tell(do="stop")

    def _hear(self) -> Iterator[Event]:
        try:
            # The time-out lets `stop` be noticed while all workers are silent.
            worker, message = self._heard.get(timeout=0.2)
        except Empty:
            return
        if message is None:
            yield from self._lose(worker)
        else:
            yield from self._answer(worker, message)

    def _answer(self, worker: WorkerProcess, message: Message) -> Iterator[Event]:
        item = worker.item
        match message["said"]:
            case "ready":
                worker.ready, self._stillborn = True, 0
            case "moved" if item:
                progress = Progress.model_validate(message["progress"])
                worker.tokens = progress.tokens
                yield Moved(item.key, progress)
            case "finished" if item:
                worker.item = None
                outcome = Outcome.model_validate(message["outcome"])
                yield Finished(item.key, item.attempt, outcome)
            case "stopped":
                worker.item = None
            case "full":
                raise StoreError(message["message"])

    def _lose(self, worker: WorkerProcess) -> Iterator[Event]:
        """A worker is gone: another attempt at what it trained, or the end of it."""
        self._workers.remove(worker)
        failure = worker.wait()
        if not worker.ready:
            self._stillborn += 1
            if self._stillborn == _STILLBORN:
                raise TrialError(f"no worker gets ready: {failure.message}")
        if (item := worker.item) is None:
            return
        again = self._patience.another(item.key, worker.tokens)
        yield Failed(item.key, item.attempt, failure, again)
        if again:
            self._queue.appendleft(replace(item, attempt=item.attempt + 1))
