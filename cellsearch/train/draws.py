"""Keyed draws: every random number of a trial follows from its seed and from what it is for.

A key is hashed with SHA-256 to the 64-bit seed of a fresh generator. Nothing is drawn one after
the other from a common stream, so that variants that share a weight start from the same numbers,
adding dropout does not move the data, and step 1,000 can be drawn without the 999 before it.

torch's generator on the CPU takes the lower 32 bits of its seed: two of n such draws coincide
with a probability of about n² / 2³³, which pairs two unrelated tensors and does no harm.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np
import torch


def seed_of(seed: int, purpose: str, *key: str | int) -> int:
    """The 64-bit seed that belongs to a key. The parts cannot run into each other."""
    text = json.dumps([seed, purpose, *key], ensure_ascii=False, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def torch_generator(seed: int, purpose: str, *key: str | int) -> torch.Generator:
    """A fresh generator on the CPU, for weights, noise and masks."""
    return torch.Generator().manual_seed(seed_of(seed, purpose, *key))


def numpy_generator(seed: int, purpose: str, *key: str | int) -> np.random.Generator:
    """A fresh generator of NumPy, for the order of the data and for resets."""
    return np.random.Generator(np.random.Philox(key=seed_of(seed, purpose, *key)))
