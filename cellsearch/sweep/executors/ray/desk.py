"""Where engine and workers leave word for each other. Ray makes an actor of it."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from cellsearch.sweep.executors.messages import Message


class Desk:
    """Takes what is said, and hands it to whom it is for as soon as that one asks."""

    def __init__(self) -> None:
        self._for_workers: defaultdict[str, asyncio.Queue[Message]] = defaultdict(asyncio.Queue)
        self._for_engine: asyncio.Queue[Message] = asyncio.Queue()
        self._all_gone = asyncio.Event()

    async def to_worker(self, worker: str, message: Message) -> None:
        """The engine says something to a worker."""
        self._for_workers[worker].put_nowait(message)

    async def next_for_worker(self, worker: str) -> Message:
        """The next word for a worker; waits for it."""
        return await self._for_workers[worker].get()

    async def to_engine(self, worker: str, message: Message) -> None:
        """A worker says something, or something is said of it."""
        if message["said"] == "gone":
            self._for_workers.pop(worker, None)
            if not self._for_workers:
                self._all_gone.set()
        self._for_engine.put_nowait(message | {"worker": worker})

    async def dismiss(self) -> None:
        """Have every worker end at once; wait until all are gone."""
        self._all_gone.clear()
        for queue in self._for_workers.values():
            queue.put_nowait({"do": "quit"})
        if self._for_workers:
            await self._all_gone.wait()

    async def all_for_engine(self) -> list[Message]:
        """All that the engine has not heard yet, in order; waits for the first."""
        messages = [await self._for_engine.get()]
        while not self._for_engine.empty():
            messages.append(self._for_engine.get_nowait())
        return messages
