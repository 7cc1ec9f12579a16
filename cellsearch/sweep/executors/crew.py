"""Workers and the work for them: who gets what, what they say, and what is lost with them."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from cellsearch.errors import StoreError, TrialError
from cellsearch.record import Failure, Outcome, Progress
from cellsearch.sweep.executors.base import (
    Event,
    Events,
    Failed,
    Finished,
    Items,
    Moved,
    Patience,
    WorkItem,
)
from cellsearch.sweep.executors.messages import Message

# Processes that die one after the other before they are ready: something is wrong with all.
_STILLBORN = 5


class Hand(Protocol):
    """One worker.

    Attributes:
        ready: it has imported what it needs.
        item: what it trains, or None.
        tokens: how far that is.
    """

    ready: bool
    item: WorkItem | None
    tokens: int

    def tell(self, **message: Any) -> None:
        """Say something to it."""


H = TypeVar("H", bound=Hand)
Source = TypeVar("Source")


class Crew(ABC, Generic[H, Source]):
    """The workers of one run, and what is waiting for them.

    What is said arrives in `_heard`, from a source: a worker, or what speaks for several. None in
    place of a message means that the source is gone.
    """

    def __init__(self, items: Items) -> None:
        self._items = iter(items)
        self._queue: deque[WorkItem] = deque()
        self._heard: SimpleQueue[tuple[Source, Message | None]] = SimpleQueue()
        self._hands: list[H] = []
        self._patience = Patience()
        self._stillborn = 0

    def run(self, stopping: threading.Event) -> Events:
        """Work until nothing is left, or until those that are busy have stopped; see `Executor`."""
        try:
            yield from self._work(stopping)
        finally:
            self._dismiss()

    @abstractmethod
    def _give(self) -> Iterator[Event]:
        """Work for each worker that waits for it, and workers for what waits."""

    @abstractmethod
    def _take(self, source: Source, message: Message | None) -> Iterator[Event]:
        """What follows from a message."""

    @abstractmethod
    def _dismiss(self) -> None:
        """End all that was started."""

    def _work(self, stopping: threading.Event) -> Iterator[Event]:
        asked = False
        while True:
            if not stopping.is_set():
                yield from self._give()
            elif not asked:
                asked = True
                self._ask_to_stop()
            if not (self._busy() or (self._waiting() and not stopping.is_set())):
                return
            yield from self._hear()

    def _hear(self) -> Iterator[Event]:
        try:
            # The time-out lets `stop` be noticed while all workers are silent.
            heard = self._heard.get(timeout=0.2)
        except Empty:
            return
        yield from self._take(*heard)

    def _ahead(self, count: int) -> bool:
        """Whether so many items wait, after looking for more."""
        while len(self._queue) < count:
            item = next(self._items, None)
            if item is None:
                return False
            self._queue.append(item)
        return True

    def _waiting(self) -> bool:
        """Whether an item waits for a worker."""
        return bool(self._queue)

    def _idle(self) -> list[H]:
        return [h for h in self._hands if h.ready and h.item is None]

    def _starting(self) -> list[H]:
        return [h for h in self._hands if not h.ready]

    def _busy(self) -> list[H]:
        return [h for h in self._hands if h.item is not None]

    def _ask_to_stop(self) -> None:
        for hand in self._busy():
            hand.tell(do="stop")

    def _answer(self, hand: H, message: Message) -> Iterator[Event]:
        item = hand.item
        match message["said"]:
            case "ready":
                hand.ready, self._stillborn = True, 0
            case "moved" if item:
                progress = Progress.model_validate(message["progress"])
                hand.tokens = progress.tokens
                yield Moved(item.key, progress)
            case "finished" if item:
                hand.item = None
                yield from self._end(hand, item, Outcome.model_validate(message["outcome"]))
            case "stopped":
                hand.item = None
            case "full":
                raise StoreError(message["message"])
            case "hindered" if item:
                hand.item = None
                yield self._hindered(hand, item, message["message"])

    def _end(self, hand: H, item: WorkItem, outcome: Outcome) -> Iterator[Event]:
        """A worker has trained an item to an outcome."""
        yield Finished(item.key, item.attempt, outcome)

    def _lose(self, hand: H, failure: Failure) -> Iterator[Event]:
        """A worker is gone: another attempt at what it trained, or the end of it."""
        self._hands.remove(hand)
        if (item := hand.item) is None:
            return
        again = self._patience.another(item.key, hand.tokens)
        yield Failed(item.key, item.attempt, failure, again)
        if again:
            self._requeue(hand, replace(item, attempt=item.attempt + 1))

    def _hindered(self, hand: H, item: WorkItem, message: str) -> Event:
        """Another attempt, for it is no fault of the trial.

        Raises:
            StoreError: it stays as it is; nothing that is said of this trial would be true.
        """
        if not self._patience.another(item.key, hand.tokens):
            raise StoreError(message)
        self._requeue(hand, replace(item, attempt=item.attempt + 1))
        return Failed(item.key, item.attempt, Failure(kind="other", message=message), again=True)

    def _requeue(self, hand: H, item: WorkItem) -> None:
        """An item that was lost with a worker is the next to be given."""
        self._queue.appendleft(item)

    def _count_stillborn(self, what: str, failure: Failure) -> None:
        """One more of a kind died before it was ready.

        Raises:
            TrialError: it was one of many.
        """
        self._stillborn += 1
        if self._stillborn == _STILLBORN:
            raise TrialError(f"{what}: {failure.message}")
