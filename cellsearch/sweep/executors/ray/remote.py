"""A worker on a cluster, as the driver sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cellsearch.sweep.executors.base import WorkItem
from cellsearch.sweep.executors.messages import of_item
from cellsearch.sweep.executors.ray.process import EngineProcess
from cellsearch.sweep.executors.ray.shares import Share


@dataclass
class RemoteWorker:
    """A worker somewhere on the cluster.

    Attributes:
        name: its name at the desk.
        number: the how-manieth it is that was hired.
        share: what part of a machine it has.
        engine: through which it is spoken to.
        ready: it has imported what it needs.
        item: what it trains, or None.
        tokens: how far that is.
        host: for people: where it is.
        place: the node and the devices that it sees.
        leaving: it has been told to leave.
    """

    name: str
    number: int
    share: Share
    engine: EngineProcess
    ready: bool = False
    item: WorkItem | None = None
    tokens: int = 0
    host: str = ""
    place: str = ""
    leaving: bool = False

    def tell(self, **message: Any) -> None:
        """Say something to it. If it is gone, that will be heard."""
        self.engine.tell(worker=self.name, **message)

    def train(self, item: WorkItem) -> None:
        """Give it a trial."""
        self.item, self.tokens = item, 0
        self.tell(**of_item(item))

    def leave(self) -> None:
        """Have it give back its share."""
        self.leaving = True
        self.tell(do="leave")
