"""Keys: by which a trial is known to be done, and a study to be the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from cellsearch.config import SweepConfig, TrialConfig

TRIAL, STUDY = "t1", "s1"

# Where a text lies is no part of what it is: that is its sha256. When a trial saves itself does
# not change what it finds.
_TRIAL_IGNORES = {"task": {"corpus"}, "train": {"checkpoint_seconds"}}

# Says nothing while it has its default, so that trials of earlier versions keep their keys.
_CAME_LATER = {"test": True}


def trial_key(trial: TrialConfig, authored: Mapping[str, str]) -> str:
    """`t1:…`: two trials with one key are one trial.

    Args:
        trial: all that the result depends on.
        authored: the authored hash of each role's cell, in place of its text.
    """
    rest = trial.model_dump(mode="json", exclude={"variant": True, "cells": True, **_TRIAL_IGNORES})
    for name, default in _CAME_LATER.items():
        if rest[name] == default:
            del rest[name]
    return _key(TRIAL, rest | {"cells": dict(authored)})


def study_key(spec: SweepConfig, cell_hashes: Mapping[str, str], data_sha256: str) -> str:
    """`s1:…`: what is frozen when a study begins; how many seeds it has is not."""
    rest = spec.model_dump(mode="json", exclude={"seeds"})
    return _key(STUDY, {"spec": rest, "cells": dict(cell_hashes), "data": data_sha256})


def _key(scheme: str, content: object) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return f"{scheme}:{hashlib.sha256(text.encode()).hexdigest()}"
