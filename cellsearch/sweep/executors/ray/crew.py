"""The workers of one run on a cluster, each with a share of a machine."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cellsearch.errors import TrialError
from cellsearch.record import Failure, Outcome
from cellsearch.sweep.executors.base import Event, Failed, Finished, Items, Started, WorkItem
from cellsearch.sweep.executors.crew import Crew
from cellsearch.sweep.executors.messages import Message
from cellsearch.sweep.executors.ray.process import EngineProcess
from cellsearch.sweep.executors.ray.remote import RemoteWorker
from cellsearch.sweep.executors.ray.settings import Settings
from cellsearch.sweep.executors.ray.shares import Nodes, Share

# To join a cluster takes a second or two; Ray itself tries for minutes.
_ANSWER_SECONDS = 60.0
# Where nothing runs: so long a larger worker is waited for, and so long one of the usual share,
# for which a cluster may have to grow.
_LARGER_SECONDS, _USUAL_SECONDS = 300.0, 1800.0


@dataclass(frozen=True)
class Wishes:
    """What a run is to be like.

    Attributes:
        settings: for the engine.
        share: what a trial gets at first.
        workers: how many trials at once; None for as many as there is room for.
        log: a file for all that the engine prints.
    """

    settings: Settings
    share: Share
    workers: int | None
    log: Path | None


class RayCrew(Crew[RemoteWorker, EngineProcess]):
    """Hires workers of the usual share, and of a larger one for what ran out of memory.

    Attributes:
        limit: how many workers of the usual share there may be; 0 until the engine is up.
    """

    def __init__(self, wishes: Wishes, items: Items) -> None:
        super().__init__(items)
        self._wishes = wishes
        self._engine: EngineProcess | None = None
        self.limit = 0
        self._hired = 0
        # Hired before this, a worker that never gets ready is a victim of what was counted last.
        self._counted = 0
        self._larger: defaultdict[Share, deque[WorkItem]] = defaultdict(deque)
        # Where memory ran out, by the share that is to be tried next.
        self._tight: dict[Share, str] = {}
        # Since when nothing runs.
        self._still = time.monotonic()

    def _waiting(self) -> bool:
        return bool(self._queue) or any(self._larger.values())

    def _give(self) -> Iterator[Event]:
        if self._engine is None:
            if self._waiting() or self._ahead(1):
                self._engine = EngineProcess(self._wishes.settings, self._wishes.log, self._heard)
        elif self._engine.nodes is None:
            self._check_answer(self._engine)
        else:
            yield from self._give_up(self._engine.nodes)
            self._hire_larger(self._engine, self._engine.nodes)
            yield from self._feed()
            self._hire_usual(self._engine)

    def _check_answer(self, engine: EngineProcess) -> None:
        looked = 0.0 if engine.awake is None else time.monotonic() - engine.awake
        if engine.shared and looked > _ANSWER_SECONDS:
            raise TrialError(f"{self._unreachable()}: no answer in {_ANSWER_SECONDS:.0f} seconds")

    def _unreachable(self) -> str:
        return f"no Ray cluster at '{self._wishes.settings.address}'"

    def _give_up(self, nodes: Nodes) -> Iterator[Event]:
        """No longer wait for a share that no node has, or for which nobody makes room.

        Raises:
            TrialError: not even one worker of the usual share has got a place.
        """
        if self._busy():
            self._still = time.monotonic()
        still = time.monotonic() - self._still
        for share, items in self._larger.items():
            if items and (still > _LARGER_SECONDS or not share.places(nodes)):
                for hand in self._expected():
                    if hand.share == share:
                        hand.leave()
                yield from self._without_memory(share, items)
        usual = self._wishes.share
        if still > _USUAL_SECONDS and any(h.share == usual for h in self._expected()):
            raise TrialError(f"no worker got a place in {still / 60:.0f} minutes; it needs {usual}")

    def _without_memory(self, share: Share, items: deque[WorkItem]) -> Iterator[Event]:
        """What waits for a larger share has come to its end."""
        self._still = time.monotonic()
        failure = Failure(kind="oom", message=f"out of memory, and no node has room for {share}")
        while items:
            item = items.popleft()
            yield Failed(item.key, item.attempt, failure, again=False)

    def _expected(self) -> list[RemoteWorker]:
        """Workers that wait for a place."""
        return [h for h in self._starting() if not h.leaving]

    def _hire_larger(self, engine: EngineProcess, nodes: Nodes) -> None:
        for share, items in self._larger.items():
            hands = [h for h in self._hands if h.share == share and not h.leaving]
            free = sum(h.item is None for h in hands)
            room = share.places(nodes) - len(hands)
            for _ in range(min(len(items) - free, room)):
                self._hire(engine, share)

    def _feed(self) -> Iterator[Event]:
        for hand in self._idle():
            if hand.leaving:
                continue
            if self._is_in_the_way(hand):
                hand.leave()
            elif (item := self._item_for(hand.share)) is not None:
                hand.train(item)
                yield Started(item.key, item.attempt, hand.host)
            elif hand.share != self._wishes.share:
                hand.leave()

    def _hire_usual(self, engine: EngineProcess) -> None:
        # What a larger worker waits for must not be taken by another small one.
        if any(h.share != self._wishes.share for h in self._expected()):
            return
        while self._present() < self.limit and self._ahead(len(self._expected()) + 1):
            self._hire(engine, self._wishes.share)

    def _present(self) -> int:
        """How many workers there are or will be; not those that never got a place and leave."""
        return sum(h.ready or not h.leaving for h in self._hands)

    def _hire(self, engine: EngineProcess, share: Share) -> None:
        self._hired += 1
        name = str(self._hired)
        self._hands.append(RemoteWorker(name, self._hired, share, engine))
        engine.tell(do="hire", worker=name, cpus=share.cpus, gpus=share.gpus)

    def _item_for(self, share: Share) -> WorkItem | None:
        if share != self._wishes.share:
            return self._larger[share].popleft() if self._larger[share] else None
        return self._queue.popleft() if self._ahead(1) else None

    def _is_in_the_way(self, hand: RemoteWorker) -> bool:
        """Whether a larger worker waits for what this one has, where memory ran out."""
        for starting in self._expected():
            place = self._tight.get(starting.share)
            if place and hand.share != starting.share:
                # Where nobody is left, the node is lost or the room is free and not enough.
                return hand.place == place or all(h.place != place for h in self._hands)
        return False

    def _take(self, engine: EngineProcess, message: Message | None) -> Iterator[Event]:
        if message is None:
            yield from self._lose_engine(engine)
            return
        match message["said"]:
            case "awake":
                engine.awake = time.monotonic()
            case "up":
                engine.nodes, self._still = message["nodes"], time.monotonic()
                self.limit = self._room(engine.nodes)
            case "unreachable":
                raise TrialError(f"{self._unreachable()}: {message['message']}")
            case _:
                yield from self._hear_worker(engine, message)

    def _room(self, nodes: Nodes) -> int:
        """How many workers of the usual share there may be."""
        wishes, places = self._wishes, self._wishes.share.places(nodes)
        # A cluster that somebody else has started may grow.
        if wishes.workers is not None and wishes.settings.address is not None:
            return wishes.workers
        if not places:
            got = ", ".join(f"{n.get('CPU', 0):g} CPUs and {n.get('GPU', 0):g} GPUs" for n in nodes)
            grow = "" if wishes.settings.address is None else "; with --workers it waits for more"
            raise TrialError(
                f"no node has room for a trial: got {got}; expected {wishes.share}{grow}"
            )
        return min(places, wishes.workers or places)

    def _hear_worker(self, engine: EngineProcess, message: Message) -> Iterator[Event]:
        hand = next((h for h in self._hands if h.name == message["worker"]), None)
        if hand is None:
            return
        if message["said"] == "gone":
            engine.nodes = message.get("nodes", engine.nodes)
            yield from self._gone(hand, message["failure"])
            return
        if message["said"] == "ready":
            engine.useful = True
            hand.host, hand.place = message["host"], message["place"]
        yield from self._answer(hand, message)

    def _hindered(self, hand: RemoteWorker, item: WorkItem, message: str) -> Event:
        # It may be the trouble of one node.
        return super()._hindered(hand, item, f"{hand.host}: {message}")

    def _gone(self, hand: RemoteWorker, said: Message | None) -> Iterator[Event]:
        if said is None:
            said = {"kind": "crash", "message": "left"}
        failure = Failure(
            kind=said["kind"], message=f"worker {hand.host or hand.name} {said['message']}"
        )
        item, share = hand.item, self._next_share(hand, failure)
        if item is not None and share is not None:
            self._hands.remove(hand)
            yield from self._enlarge(item, hand, share, failure)
            return
        yield from self._lose(hand, failure)
        if not (hand.ready or hand.leaving) and hand.number > self._counted:
            self._counted = self._hired
            self._count_stillborn("no worker gets ready", failure)

    def _end(self, hand: RemoteWorker, item: WorkItem, outcome: Outcome) -> Iterator[Event]:
        failure = outcome.error if outcome.status == "failed" else None
        share = self._next_share(hand, failure)
        if failure is None or share is None:
            yield Finished(item.key, item.attempt, outcome)
        else:
            yield from self._enlarge(item, hand, share, failure)

    def _next_share(self, hand: RemoteWorker, failure: Failure | None) -> Share | None:
        """The share to try where memory ran out; None where it did not, or there is none."""
        if failure is None or failure.kind != "oom" or hand.engine.nodes is None:
            return None
        return hand.share.larger(hand.engine.nodes)

    def _enlarge(
        self, item: WorkItem, hand: RemoteWorker, share: Share, failure: Failure
    ) -> Iterator[Event]:
        self._tight[share] = hand.place
        self._larger[share].append(replace(item, attempt=item.attempt + 1))
        text = f"out of memory with {hand.share}, next with {share}: {failure.message}"
        told = Failure(kind="oom", message=text)
        yield Failed(item.key, item.attempt, told, again=True)

    def _requeue(self, hand: RemoteWorker, item: WorkItem) -> None:
        usual = hand.share == self._wishes.share
        (self._queue if usual else self._larger[hand.share]).appendleft(item)

    def _lose_engine(self, engine: EngineProcess) -> Iterator[Event]:
        failure = engine.bury()
        self._engine = None
        for hand in list(self._hands):
            yield from self._lose(hand, failure)
        if not engine.useful:
            self._count_stillborn("Ray does not run", failure)

    def _dismiss(self) -> None:
        if self._engine is not None:
            self._engine.end()
        self._hands.clear()
