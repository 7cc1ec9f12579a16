"""What was recorded inside the cells during training, as a report's sections read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from cellsearch import recorded, store
from cellsearch.errors import StoreError
from cellsearch.recorded import Array, Arrays, Facts, SamplesFacts, StateFacts, Target

if TYPE_CHECKING:
    from pathlib import Path

    from cellsearch.record import TrialLine
    from cellsearch.store import Journal

FOLDER = "recordings"


@dataclass(frozen=True)
class Flow:
    """The norm of the gradient against time lag. See `docs/diagnostics.md`.

    Attributes:
        total: of the whole state, [P, K + 1]; at lag 0 of what the loss injects, which is 1.
        low: lower quartile over the sequences; `high`: upper one; both [P, K + 1].
        states: of each state apart, [P, K + 1].
        held: at the last point, by gate: the same cell with it held at 0 and at 1, [2, K' + 1].
        left: by state: what is left of a unit's gradient of lag 1 at `left_lag`, [P, L, U].
    """

    total: Array
    low: Array
    high: Array
    states: Mapping[str, Array]
    held: Mapping[str, Array]
    left: Mapping[str, Array]
    left_lag: int | None

    @property
    def lags(self) -> Array:
        """0 … K."""
        return np.arange(self.total.shape[1])

    def reaches(self, point: int, share: float = 0.01) -> int | None:
        """The first lag from which on the norm stays below a share; None: not within K."""
        below = self.total[point] < share
        above = np.flatnonzero(~below)
        first = int(above[-1]) + 1 if above.size else 0
        return first if first < len(below) else None


@dataclass(frozen=True)
class Gate:
    """A gate over the steps of all windows.

    Attributes:
        left: share of steps below 0.1, by unit, [P, L, U]; `right`: above 0.9; `mean`: its mean.
        histogram: share of all values in 20 equal bins from 0 to 1, [P, L, 20].
    """

    name: str
    left: Array
    right: Array
    mean: Array
    histogram: Array


@dataclass(frozen=True)
class StateRange:
    """A state's values before each step of the window.

    Attributes:
        quantiles: minimum, 1%, 50%, 99% and maximum over units and windows, [P, L, T, 5].
        low: what interval analysis foretells, -inf where nothing; `high`: inf where nothing.
    """

    name: str
    quantiles: Array
    low: float
    high: float


@dataclass(frozen=True)
class Tracked:
    """What is tracked, by which units, and the best unit's values along `target.text`, [C]."""

    target: Target
    values: Array


@dataclass(frozen=True)
class Recordings:
    """All that was recorded of one trial. What was not asked for is empty or None.

    Points that were over when a kind was asked for are NaN, and so are units that a layer has not.

    Attributes:
        points: training tokens read before each point, of `tokens` in all.
        characters: of each of the two texts in which units were found and judged.
        skipped: what of the units is not there -> why.
    """

    points: tuple[int, ...]
    tokens: int
    flow: Flow | None
    gates: tuple[Gate, ...]
    states: tuple[StateRange, ...]
    units: tuple[Tracked, ...]
    characters: int
    skipped: Mapping[str, str]
    samples: SamplesFacts | None


def all_of(journal: Journal) -> dict[str, dict[int, Recordings]]:
    """Of every compared variant that has some, in the plan's order, by seed.

    Raises:
        StoreError: a file is damaged, or not the one on record.
    """
    found: dict[str, dict[int, Recordings]] = {}
    trials = sorted(journal.trials, key=lambda trial: trial.seed)
    for variant in journal.variants:
        own = ((t.seed, of(journal.folder, t)) for t in trials if t.variant == variant.name)
        by_seed = {seed: recordings for seed, recordings in own if recordings}
        if by_seed:
            found[variant.name] = by_seed
    return found


def of(folder: Path, trial: TrialLine) -> Recordings | None:
    """Of one trial of the study in `folder`; None where there are none, or the file is not there.

    Raises:
        StoreError: the file is damaged, or not the one on record.
    """
    content = store.sidecar(folder, trial, FOLDER)
    if content is None:
        return None
    try:
        return _recordings(*recorded.from_bytes(content))
    except StoreError as error:
        why = str(error)
    except KeyError as error:
        why = f"damaged recordings: no array {error}"
    whose = f"{folder}: {trial.variant}, seed {trial.seed}"
    raise StoreError(f"{whose}: {why}; without the file, the report leaves it out")


def _recordings(arrays: Arrays, facts: Facts) -> Recordings:
    units = facts.units
    targets = units.targets if units else ()
    return Recordings(
        points=facts.points,
        tokens=facts.tokens,
        flow=_flow(arrays, facts) if facts.flow else None,
        gates=tuple(_gate(arrays, name) for name in facts.gates),
        states=tuple(_state(arrays, state) for state in facts.states),
        units=tuple(Tracked(t, arrays[f"units/{i}"]) for i, t in enumerate(targets)),
        characters=units.characters if units else 0,
        skipped=units.skipped if units else {},
        samples=facts.samples,
    )


def _flow(arrays: Arrays, facts: Facts) -> Flow:
    prefix = "flow/left/"
    return Flow(
        total=arrays["flow/total"],
        low=arrays["flow/low"],
        high=arrays["flow/high"],
        states={name: arrays[f"flow/states/{name}"] for name in facts.flow},
        held={name: arrays[f"flow/held/{name}"] for name in facts.held},
        left={n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)},
        left_lag=facts.left_lag,
    )


def _gate(arrays: Arrays, name: str) -> Gate:
    what = ("left", "right", "mean", "histogram")
    left, right, mean, histogram = (arrays[f"gates/{name}/{w}"] for w in what)
    return Gate(name, left, right, mean, histogram)


def _state(arrays: Arrays, state: StateFacts) -> StateRange:
    low = -inf if state.low is None else state.low
    high = inf if state.high is None else state.high
    return StateRange(state.name, arrays[f"states/{state.name}"], low, high)
