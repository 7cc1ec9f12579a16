"""One trial after the other in the driver's own process: the simplest thing that passes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from queue import SimpleQueue

from cellsearch.errors import StoreError
from cellsearch.record import Failure, Outcome
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
from cellsearch.sweep.executors.options import Options
from cellsearch.sweep.executors.perform import HinderedError, load_trainer, perform


class InlineExecutor(Executor):
    """Trains in a thread, so that progress can be seen while a trial runs."""

    at_once = 1

    def __init__(self, *, trainer: str = TRAINER) -> None:
        self.trainer = trainer
        self._stopping = threading.Event()

    def run(self, items: Items) -> Events:
        """See `Executor.run`."""
        self._stopping.clear()
        try:
            # None never comes: there is no result that is out.
            for item in filter(None, items):
                yield from self._run_patiently(item)
                if self._stopping.is_set():
                    return
        finally:
            self._stopping.set()

    def stop(self) -> None:
        """See `Executor.stop`."""
        self._stopping.set()

    def _run_patiently(self, item: WorkItem) -> Iterator[Event]:
        """Again, where files were the trouble; see `Patience`."""
        patience, tokens = Patience(), 0
        while True:
            yield Started(item.key, item.attempt, "inline")
            try:
                for event in self._run_one(item):
                    if isinstance(event, Moved):
                        tokens = event.progress.tokens
                    yield event
                return
            except HinderedError as error:
                if not patience.another(item.key, tokens):
                    raise StoreError(str(error)) from None
                failure = Failure(kind="other", message=str(error))
                yield Failed(item.key, item.attempt, failure, again=True)
                item = replace(item, attempt=item.attempt + 1)

    def _run_one(self, item: WorkItem) -> Iterator[Event]:
        said: SimpleQueue[Event | Exception | None] = SimpleQueue()
        thread = threading.Thread(target=self._perform, args=(item, said), daemon=True)
        thread.start()
        try:
            yield from _until_end(said)
        except HinderedError:
            raise
        except BaseException:
            # The iterator was closed, or Ctrl-C came twice: do not wait for the trial's end.
            self._stopping.set()
            raise
        finally:
            thread.join()

    def _perform(self, item: WorkItem, said: SimpleQueue[Event | Exception | None]) -> None:
        try:
            outcome = perform(
                item,
                load_trainer(self.trainer),
                lambda progress: said.put(Moved(item.key, progress)),
                self._stopping.is_set,
            )
        except Exception as error:
            said.put(error)
        else:
            said.put(_end(item, outcome))


def make(options: Options) -> InlineExecutor:
    """The executor. Workers and threads change nothing of it: `train` sets its threads."""
    options.on_this_machine_only("inline")
    return InlineExecutor()


def _end(item: WorkItem, outcome: Outcome | None) -> Event | None:
    return Finished(item.key, item.attempt, outcome) if outcome else None


def _until_end(said: SimpleQueue[Event | Exception | None]) -> Iterator[Event]:
    while (event := said.get()) is not None:
        if isinstance(event, Exception):
            raise event
        yield event
        if isinstance(event, Finished):
            return
