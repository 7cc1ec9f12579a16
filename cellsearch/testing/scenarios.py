"""Kinds of studies whose truth is known, by which the verdict's error rates are measured."""

from __future__ import annotations

from dataclasses import dataclass
from math import log1p

from cellsearch.testing.simulation import Arm, Law, Simulation

MARGIN = 0.03
EDGE = log1p(MARGIN)
# SD of a variant's own noise on a seed. With the base's, a difference has 1.4 times as much.
NOISE = 0.01


@dataclass(frozen=True)
class Scenario:
    """A kind of study.

    Attributes:
        name: what it is, in words for a table.
        arms: the variants' truth, without the base.
        seeds: of the first look.
        looks: seeds at later looks; what is claimed at any of them counts.
        shared, alike, law: as in `Simulation`.
        claimed: whether error rates and coverage are claimed of such studies. They are not where
            seeds are far from normal or straggle, neighbouring spans are alike, variants diverge,
            or 2 seeds have to tell what is the text's noise.
    """

    name: str
    arms: tuple[Arm, ...]
    seeds: int = 5
    looks: tuple[int, ...] = ()
    shared: float = 0.01
    alike: float = 0.0
    law: Law = "normal"
    claimed: bool = True

    def study(self, key: int) -> Simulation:
        """One study of the kind; another key, another one."""
        return Simulation(
            arms=(Arm("base"), *self.arms),
            seeds=self.seeds,
            looks=self.looks,
            shared=self.shared,
            noise=NOISE,
            alike=self.alike,
            law=self.law,
            margin=MARGIN,
            key=key,
        )


def arms(count: int, *truths: Arm) -> tuple[Arm, ...]:
    """So many variants, whose truths take turns."""
    chosen = (truths[k % len(truths)] for k in range(count))
    return tuple(
        Arm(
            f"v{k}",
            arm.effect,
            arm.noise,
            worst=arm.worst,
            straggling=arm.straggling,
            text=arm.text,
        )
        for k, arm in enumerate(chosen)
    )


SAME = Arm("same")
AT_MARGIN = (Arm("above", EDGE), Arm("below", -EDGE))
# What the text brings to a difference, beside what 5 seeds bring: half as much, as much.
HALF, AS_MUCH = 0.5 * NOISE * (2 / 5) ** 0.5, NOISE * (2 / 5) ** 0.5

SCENARIOS = (
    Scenario("no effect, 1 variant", arms(1, SAME)),
    Scenario("no effect, 5 variants, 3 seeds", arms(5, SAME), seeds=3),
    Scenario("no effect, 10 variants", arms(10, SAME)),
    Scenario("no effect, 20 variants, 20 seeds", arms(20, SAME), seeds=20),
    Scenario("no effect, seeds correlated at 0.96", arms(5, SAME), shared=0.05),
    Scenario(
        "no effect, variances from 1 to 100",
        arms(5, *(Arm("v", noise=s) for s in (0.003, 0.006, 0.01, 0.017, 0.03))),
    ),
    Scenario("small effects beside none", arms(6, SAME, Arm("small", 0.012)), seeds=10),
    Scenario("text half as noisy as 5 seeds", arms(5, Arm("v", text=HALF))),
    Scenario("text as noisy as 5 seeds, 3 seeds", arms(5, Arm("v", text=AS_MUCH)), seeds=3),
    Scenario("text as noisy as 5 seeds, 20 seeds", arms(5, Arm("v", text=AS_MUCH)), seeds=20),
    Scenario(
        "text twice as noisy as 5 seeds, 20 seeds", arms(5, Arm("v", text=2 * AS_MUCH)), seeds=20
    ),
    Scenario(
        "text twice as noisy as 5 seeds, 40 seeds", arms(5, Arm("v", text=2 * AS_MUCH)), seeds=40
    ),
    Scenario(
        "text as noisy as 5 seeds, 20 variants, 40 seeds",
        arms(20, Arm("v", text=AS_MUCH)),
        seeds=40,
    ),
    Scenario("at the margin, 1 variant", arms(1, AT_MARGIN[0])),
    Scenario("at the margin, 6 variants", arms(6, *AT_MARGIN), seeds=10),
    Scenario("at the margin, 3 seeds", arms(4, *AT_MARGIN), seeds=3),
    Scenario(
        "at the margin, text as noisy as 5 seeds",
        arms(4, *(Arm("v", a.effect, text=AS_MUCH) for a in AT_MARGIN)),
    ),
    Scenario("no effect, four looks", arms(1, SAME), seeds=3, looks=(6, 12, 24)),
    Scenario("no effect, 5 variants, four looks", arms(5, SAME), looks=(10, 15, 20)),
    Scenario(
        "text as noisy as 5 seeds, three looks",
        arms(5, Arm("v", text=AS_MUCH)),
        seeds=20,
        looks=(30, 40),
    ),
    Scenario("at the margin, four looks", arms(2, *AT_MARGIN), looks=(10, 15, 20)),
    Scenario(
        "neighbouring blocks of the text alike, at 0.5",
        arms(5, Arm("v", text=HALF)),
        alike=0.5,
        claimed=False,
    ),
    Scenario("no effect, 2 seeds", arms(5, SAME), seeds=2),
    Scenario(
        "text half as noisy as 5 seeds, 2 seeds",
        arms(5, Arm("v", text=HALF)),
        seeds=2,
        claimed=False,
    ),
    Scenario("heavy tails (t, 3 degrees)", arms(5, SAME), law="heavy", claimed=False),
    Scenario(
        "one variant as skewed as an exponential",
        arms(1, Arm("v", noise=0.03)),
        law="skewed",
        claimed=False,
    ),
    Scenario("15% stragglers", arms(5, Arm("v", straggling=0.15)), claimed=False),
    Scenario("15% stragglers, 10 seeds", arms(5, Arm("v", straggling=0.15)), 10, claimed=False),
    Scenario("the worst 40% diverge", arms(5, Arm("v", worst=0.4)), seeds=10, claimed=False),
    Scenario("the worst 10% diverge", arms(5, Arm("v", worst=0.1)), claimed=False),
)
