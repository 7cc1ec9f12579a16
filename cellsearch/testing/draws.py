"""What chance makes of a simulated study: every loss, and which seeds diverge.

A test loss is `LEVEL`, plus what the seed brings to every variant, the variant's true effect, the
variant's own noise on that seed, and the mean of what it has in each block of the text: what the
passage costs every cell, what the passage is to this variant, and roughness.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from cellsearch.report.verdicts.samples import Sample
from cellsearch.testing.simulation import Arm, Simulation

LEVEL = 1.6
# SD of what a passage costs every cell alike.
PASSAGES = 0.2
# By how many SDs a straggler is off.
FAR = (10.0, 20.0)


class Drawn(NamedTuple):
    """Test losses in nats per token, as if nothing had diverged, and what did.

    Attributes:
        losses: [arm, seed].
        blocks: [arm, seed, B], whose means over B are the losses.
        diverged: [arm, seed].
    """

    losses: NDArray[np.float64]
    blocks: NDArray[np.float64]
    diverged: NDArray[np.bool_]


def draw(simulation: Simulation, seeds: int) -> Drawn:
    """The study's first so many seeds; more of them begin with the same ones."""
    arms = simulation.arms
    own = np.array([_seed_noise(simulation, seed) for seed in range(seeds)]).T
    shared, z = simulation.shared * own[0], own[1:]
    scale = np.array([simulation.noise if arm.noise is None else arm.noise for arm in arms])
    far = np.array([_far(simulation, arm, k, seeds) for k, arm in enumerate(arms)])
    effects = np.array([arm.effect for arm in arms])
    seen = LEVEL + effects[:, None] + shared + scale[:, None] * (z + far)
    blocks = seen[:, :, None] + _blocks(simulation, seeds)
    return Drawn(blocks.mean(axis=2), blocks, _diverged(arms, z))


def samples(simulation: Simulation, seeds: int | None = None) -> dict[str, Sample]:
    """The samples that a journal of this study would give, without the journal."""
    drawn = draw(simulation, simulation.seeds if seeds is None else seeds)
    return {arm.name: _sample(drawn, k) for k, arm in enumerate(simulation.arms)}


def true_effect(simulation: Simulation, arm: Arm) -> float:
    """The mean of the arm's law against the base's, its stragglers among it."""
    noise = simulation.noise if arm.noise is None else arm.noise
    return arm.effect + arm.straggling * noise * sum(FAR) / 2


def _sample(drawn: Drawn, k: int) -> Sample:
    diverged = frozenset(np.flatnonzero(drawn.diverged[k]).tolist())
    done = [s for s in range(drawn.losses.shape[1]) if s not in diverged]
    return Sample(
        planned=drawn.losses.shape[1],
        losses={s: float(drawn.losses[k, s]) for s in done},
        diverged=diverged,
        blocks={s: drawn.blocks[k, s] for s in done},
    )


def _seed_noise(simulation: Simulation, seed: int) -> NDArray[np.float64]:
    """Of one seed, in SDs: what it brings to all, then what it brings to each arm."""
    rng = np.random.default_rng((simulation.key, 1, seed))
    count = len(simulation.arms) + 1
    if simulation.law == "heavy":
        return np.asarray(rng.standard_t(3, count) / np.sqrt(3))
    if simulation.law == "skewed":
        return rng.exponential(size=count) - 1
    return rng.normal(size=count)


def _far(simulation: Simulation, arm: Arm, k: int, seeds: int) -> NDArray[np.float64]:
    """By how many SDs each seed straggles."""
    rng = np.random.default_rng((simulation.key, 2, k))
    return np.where(rng.random(seeds) < arm.straggling, rng.uniform(*FAR, seeds), 0.0)


def _blocks(simulation: Simulation, seeds: int) -> NDArray[np.float64]:
    """What each block [arm, seed, B] adds."""
    arms, count = simulation.arms, simulation.blocks
    rng = np.random.default_rng((simulation.key, 3))
    passages = rng.normal(0, PASSAGES, count)
    text = np.array([arm.text for arm in arms])[:, None] * _alike(rng, len(arms), simulation)
    rough = rng.normal(0, simulation.rough, (len(arms), seeds, count))
    added: NDArray[np.float64] = passages - passages.mean() + text[:, None, :] + rough
    return added


def _alike(rng: np.random.Generator, arms: int, simulation: Simulation) -> NDArray[np.float64]:
    """Autoregressive noise [arm, B] whose mean over B has an SD of about 1."""
    z, rho = rng.normal(size=(arms, simulation.blocks)), simulation.alike
    for b in range(1, simulation.blocks if rho else 0):
        z[:, b] = rho * z[:, b - 1] + np.sqrt(1 - rho**2) * z[:, b]
    return np.asarray(z * np.sqrt(simulation.blocks * (1 - rho) / (1 + rho)))


def _diverged(arms: tuple[Arm, ...], z: NDArray[np.float64]) -> NDArray[np.bool_]:
    limits = np.array([float(-ndtri(arm.worst)) for arm in arms])
    lost = z > limits[:, None]
    for k, arm in enumerate(arms):
        lost[k, [s for s in arm.diverged if s < z.shape[1]]] = True
    return lost
