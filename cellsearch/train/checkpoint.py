"""Checkpoints: a place that holds one moment of one trial, whole, whenever the machine stops.

    checkpoint.json        the facts, and the digest of facts and tensors
    <digest>.safetensors   weights, optimiser, carried states

The JSON file is the only truth and is replaced last, in one step. The tensors that it names were
whole before, and the old ones go after. A checkpoint that is damaged, of another format, or of
another trial counts as none: training begins anew, and the next checkpoint takes its place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as tensors_to_bytes
from torch import Tensor

from cellsearch import places
from cellsearch.config import TrialConfig
from cellsearch.places import Folder, Place

FORMAT = 2
_FACTS = "checkpoint.json"
_TENSORS = ".safetensors"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a trainer needs to go on: tensors by name, and facts that JSON holds exactly."""

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]

    @property
    def step(self) -> int:
        """Updates made."""
        return int(self.facts["step"])


def identity(trial: TrialConfig) -> str:
    """SHA-256 over all that the result depends on: not the label, nor how often it is saved."""
    kept = trial.model_dump(mode="json", exclude={"variant": True, "train": {"checkpoint_seconds"}})
    text = json.dumps(kept, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def save(place: Place, trial: TrialConfig, snapshot: Snapshot) -> None:
    """Keep this moment instead of the last. Raises OSError, and then the last one stays."""
    folder = places.folder(place)
    packed = tensors_to_bytes(dict(snapshot.tensors))
    digest = _digest(packed, snapshot.facts)
    named = {"format": FORMAT, "trial": identity(trial), "digest": digest}
    folder.write(f"{digest}{_TENSORS}", packed)
    held = json.dumps(named | {"facts": snapshot.facts}, allow_nan=False)
    folder.write(_FACTS, held.encode())
    _remove_others(folder, digest)


def load(place: Place, trial: TrialConfig) -> Snapshot | None:
    """The moment that is kept there, or None where it is no whole one of this trial.

    Raises:
        OSError: there is one, perhaps, that cannot be read now.
    """
    folder = places.folder(place)
    try:
        folder.tidy()
        held = json.loads(folder.read(_FACTS))
        if (held["format"], held["trial"]) != (FORMAT, identity(trial)):
            return None
        packed = folder.read(f"{held['digest']}{_TENSORS}")
        if _digest(packed, held["facts"]) != held["digest"]:
            return None
        return Snapshot(tensors_from_bytes(packed), held["facts"])
    # One that cannot be read is not thrown away: training anew would write over it.
    except (FileNotFoundError, ValueError, KeyError, TypeError, SafetensorError):
        return None


def _digest(packed: bytes, facts: Mapping[str, Any]) -> str:
    # JSON gives back every number as it was, so that facts that were read have the same text.
    digest = hashlib.sha256(packed)
    digest.update(json.dumps(facts).encode())
    return digest.hexdigest()


def _remove_others(folder: Folder, digest: str) -> None:
    for name in folder.names():
        if name.endswith(_TENSORS) and name != f"{digest}{_TENSORS}":
            folder.remove(name)
