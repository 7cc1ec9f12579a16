"""Keys: by which a trial is known to be done, and a study to be the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import reduce
from typing import Any

from cellsearch.config import SweepConfig, TrialConfig

TRIAL, STUDY = "t1", "s1"

# Where a text lies is no part of what it is: that is its sha256. When a trial saves itself does
# not change what it finds.
_TRIAL_IGNORES = {"task": {"corpus"}, "train": {"checkpoint_seconds"}}

# Keys of a config that came after studies were on record, and the value of each that means what
# was done before it came. With that value they say nothing, so that those studies keep their keys.
LATER: Mapping[str, object] = {
    "train.schedule.periods": None,
    "train.schedule.hold": 1,
    "train.schedule.factor": 0.5,
    "model.init": None,
    "tune": None,
    "test": True,
}


def trial_key(trial: TrialConfig, authored: Mapping[str, str]) -> str:
    """`t1:…`: two trials with one key are one trial.

    Args:
        trial: all that the result depends on.
        authored: the authored hash of each role's cell, in place of its text.
    """
    rest = trial.model_dump(mode="json", exclude={"variant": True, "cells": True, **_TRIAL_IGNORES})
    return _key(TRIAL, _as_before(rest) | {"cells": dict(authored)})


def study_key(spec: SweepConfig, cell_hashes: Mapping[str, str], data_sha256: str) -> str:
    """`s1:…`: what is frozen when a study begins; how many seeds it has is not."""
    # What `placebo` comes to is a variant; what is recorded changes no result.
    rest = spec.model_dump(mode="json", exclude={"seeds", "placebo", "record"})
    return _key(STUDY, {"spec": _as_before(rest), "cells": dict(cell_hashes), "data": data_sha256})


def _as_before(said: dict[str, Any]) -> dict[str, Any]:
    """A config, written out anew by its caller, without the later keys that say nothing."""
    for key, before in LATER.items():
        *groups, last = key.split(".")
        group = reduce(lambda found, name: found.get(name) or {}, groups, said)
        if last in group and group[last] == before:
            del group[last]
    return said


def _key(scheme: str, content: object) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return f"{scheme}:{hashlib.sha256(text.encode()).hexdigest()}"
