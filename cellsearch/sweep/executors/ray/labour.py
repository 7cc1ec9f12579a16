"""What one worker does on a cluster: it trains what the desk has for it, until it may leave."""

from __future__ import annotations

import os
import socket
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from cellsearch.sweep.executors import parent
from cellsearch.sweep.executors.messages import Message
from cellsearch.sweep.executors.perform import load_trainer
from cellsearch.sweep.executors.worker import Worker

# Calls a method of the desk and waits for its answer.
Ask = Callable[..., Any]


def labour(ask: Ask, name: str, trainer: str, place: str) -> None:
    """Be the worker of that name.

    Args:
        ask: calls the desk.
        name: the worker's, for the desk.
        trainer: what trains, as module:function.
        place: names the node; with the devices that the worker sees, it names its surroundings.
    """
    # Else a node that is killed would leave its workers behind, and they would go on training.
    parent.die_with(os.getppid())
    worker = Worker(lambda **message: ask("to_engine", name, message), _heard(ask, name))
    devices = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    host = f"{socket.gethostname()}:{os.getpid()}"
    try:
        worker.work(load_trainer(trainer), host=host, place=f"{place} {devices}")
    except BaseException:
        failure = {"kind": "crash", "message": f"failed: {traceback.format_exc()[-2000:]}"}
        ask("to_engine", name, {"said": "gone", "failure": failure})


def _heard(ask: Ask, name: str) -> Iterator[Message]:
    """What the desk has for the worker. A desk that is gone, or says so, ends the process."""
    while True:
        try:
            message: Message = ask("next_for_worker", name)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        if message["do"] == "quit":
            os._exit(0)
        yield message
        if message["do"] == "leave":
            return
