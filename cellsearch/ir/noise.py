"""The written calls of noise: each draws its own masks."""

from __future__ import annotations

from cellsearch.ir.expressions import calls
from cellsearch.ir.ops import NOISE
from cellsearch.ir.reach import Reach
from cellsearch.ir.unroll import Unrolled


def sites(u: Unrolled, r: Reach) -> dict[int, int]:
    """A number for each live call of noise, by the call's id: 1, 2, … in the order of writing."""
    live = set(r.order)
    noisy = (
        e
        for name, round_ in u.equations.items()
        if name in live
        for e in calls(round_.value)
        if e.function in NOISE
    )
    return {id(e): i for i, e in enumerate(noisy, 1)}
