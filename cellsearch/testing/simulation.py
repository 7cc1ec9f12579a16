"""What is to be simulated: a study, and the truth about each of its variants."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Law = Literal["normal", "heavy", "skewed"]


@dataclass(frozen=True)
class Arm:
    """The truth about one variant.

    Attributes:
        effect: true ln(perplexity / base's).
        noise: SD of what this variant adds to each seed; None: the study's.
        diverged, failed, waiting: the seeds that end so, or have not run.
        worst: the share of seeds that diverge, those with the highest losses.
        straggling: the share of seeds that end 10 to 20 SDs of their noise above the others.
        text: SD of what this test text, and not another, adds to every seed of this variant.
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
    worst: float = 0.0
    straggling: float = 0.0
    text: float = 0.0
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
        rough: SD of what a variant and a seed add in one block of the text.
        blocks: B, the blocks of the test text.
        law: of what a variant adds to a seed: normal; t with 3 degrees of freedom (heavy tails); an
            exponential, from its mean (skewed, to the worse). All have that SD.
        alike: correlation of what the text adds in neighbouring blocks.
        looks: the counts of seeds that were added later, in order.
        key: of the generator; the same key gives the same journal, byte for byte.
    """

    arms: tuple[Arm, ...] = field(default_factory=lambda: (Arm("base"), Arm("variant")))
    seeds: int = 5
    name: str = "simulated"
    question: str = ""
    margin: float = 0.03
    shared: float = 0.01
    noise: float = 0.01
    law: Law = "normal"
    rough: float = 0.03
    blocks: int = 100
    alike: float = 0.0
    looks: tuple[int, ...] = ()
    match: Literal["cell", "model"] = "cell"
    key: int = 0
