"""A trainer that reports the environment it was imported in."""

from __future__ import annotations

import os
from typing import Any

from cellsearch.record import Outcome

SEEN = {name: float(os.environ[name]) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}


def train(trial: Any, **_: Any) -> Outcome:
    return Outcome(status="done", metrics=SEEN)
