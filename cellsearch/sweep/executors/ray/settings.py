"""What the engine is told when it starts."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Settings:
    """How Ray is started or joined, and what its workers do.

    Attributes:
        trainer: what trains, as module:function.
        address: of a cluster to join; None for one of our own on this machine.
        cpus: how many CPUs our own has.
        variables: part of the environment of every worker.
    """

    trainer: str
    address: str | None
    cpus: int
    variables: dict[str, str]

    def text(self) -> str:
        """Itself, as an argument of a process."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Self:
        """The settings that were written."""
        return cls(**json.loads(text))
