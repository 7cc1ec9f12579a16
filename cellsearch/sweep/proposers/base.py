"""What a proposer is: a setting for each number, from what may be seen by then and nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from cellsearch.record import Setting
from cellsearch.sweep.proposers.dimensions import Space


@dataclass(frozen=True, slots=True)
class Seen:
    """What a setting came to.

    Attributes:
        setting: as it was proposed.
        value: the validation loss in nats per token at the first budget that all trials reach;
            None where the trial diverged or failed.
    """

    setting: Setting
    value: float | None


class Proposer(ABC):
    """Proposes settings for one variant. The same number and the same `seen` give the same setting.

    One that is not adaptive sees nothing, and proposes the same for every variant: its trials are
    paired, as the seeds of a comparison are.
    """

    adaptive: ClassVar[bool] = False

    def __init__(self, space: Space, seed: int) -> None:
        self.space = space
        self.seed = seed

    @abstractmethod
    def propose(self, number: int, seen: Sequence[Seen]) -> Setting:
        """The setting of trial `number`, from 0.

        Args:
            number: each is asked for in turn; after a study was gone on with, the first is not 0.
            seen: of the trials from 0 on, in their order, those that may be known by then. For
                the next number there are as many or more.
        """
