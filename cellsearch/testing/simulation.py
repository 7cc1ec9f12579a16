"""What is to be simulated: a study, and the truth about each of its variants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Arm:
    """The truth about one variant.

    Attributes:
        effect: true ln(perplexity / base's).
        noise: SD of what this variant adds to each seed; None: the study's.
        diverged, failed, waiting: the seeds that end so, or have not run.
        size: its cost, as a share of the base's.
        speed: its measured time, as a share of the base's; None: not measured.
        edit: the equation that it changes.
    """

    name: str
    effect: float = 0.0
    noise: float | None = None
    diverged: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
    waiting: tuple[int, ...] = ()
    size: float = 1.0
    speed: float | None = 1.0
    edit: str = ""
    placebo: bool = False
    mirror_of: str | None = None
    identical_to: str | None = None
    learning_rate: float = 3e-3


@dataclass(frozen=True)
class Simulation:
    """A study to simulate. `arms[0]` is the base and must bear that name.

    Attributes:
        shared: SD of what a seed brings to all variants alike.
        noise: SD of what each variant adds to it.
        looks: the counts of seeds that were added later, in order.
        key: of the generator; the same key gives the same journal, byte for byte.
    """

    arms: Sequence[Arm] = field(default_factory=lambda: (Arm("base"), Arm("variant")))
    seeds: int = 5
    name: str = "simulated"
    question: str = ""
    margin: float = 0.03
    shared: float = 0.01
    noise: float = 0.01
    looks: tuple[int, ...] = ()
    match: Literal["cell", "model"] = "cell"
    key: int = 0
