"""All recordings of one trial: what is asked for, at its points, in one file."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np

from cellsearch import recorded
from cellsearch.data import Corpus
from cellsearch.nn.language_model import LanguageModel
from cellsearch.recorded import Array, Arrays, Facts
from cellsearch.recordings.flow import LEFT_LAG
from cellsearch.recordings.kinds import AT_THE_END, AT_THE_POINTS, Trained
from cellsearch.recordings.named import Named
from cellsearch.recordings.reading import STEPS, WARMUP, WINDOWS, read, recorder_of, renew, windows

# Shares of the updates after which a point is made.
SHARES = (0.0, 0.1, 0.3, 1.0)


class Recorder:
    """Reads fixed held-out text with a copy of the model, and keeps what it shows.

    Args:
        kinds: what is recorded, see `cellsearch.config.Kind`.
        model: the one that is trained; it is never changed.
        corpus: its text. The test part is not read.
        steps: updates of the whole training.
        per_step: tokens of each.
        draws: for samples.

    Raises:
        DataError: the validation text is too short.
    """

    def __init__(
        self,
        kinds: Collection[str],
        model: LanguageModel,
        corpus: Corpus,
        steps: int,
        per_step: int,
        draws: np.random.Generator,
    ) -> None:
        corpus.require("valid", recorded.LEAST_TOKENS, "recordings")
        self._steps, self._per_step = steps, per_step
        self._named = Named.of(model.cells)
        self._windows = windows(corpus.valid, STEPS, WINDOWS)
        self._trained = Trained(model, corpus, self._named, self._windows, draws)
        self._copy = recorder_of(model, self._named.all)
        self._each = {kind: AT_THE_POINTS[kind] for kind in kinds if kind in AT_THE_POINTS}
        self._last = {kind: AT_THE_END[kind] for kind in kinds if kind in AT_THE_END}
        self._due = {math.ceil(steps * share) for share in SHARES if self._each}
        # What was recorded at each point, by the updates before it.
        self._points: dict[int, dict[str, Array]] = {}

    # What has grown beyond all bounds is recorded as it is.
    @np.errstate(all="ignore")
    def look(self, step: int) -> None:
        """Make a point where one is due after so many updates."""
        if step in self._due and step not in self._points:
            renew(self._copy, self._trained.model)
            reading = read(self._copy, self._windows)
            self._points[step] = {
                f"{kind}/{name}": np.ascontiguousarray(array, dtype=np.float32)
                for kind, record in self._each.items()
                for name, array in record(reading, self._named).items()
            }

    @np.errstate(all="ignore")
    def content(self, *, whole: bool) -> bytes:
        """The file; `whole`: with what is recorded of the trained model alone."""
        points = self._asked()
        arrays = _stacked(list(points.values()))
        facts = self._facts(list(points), arrays)
        for kind, record in self._last.items() if whole else ():
            more, said = record(self._trained)
            arrays |= {f"{kind}/{name}": array for name, array in more.items()}
            facts |= said
        return recorded.to_bytes(arrays, Facts.model_validate(facts))

    def dump(self) -> dict[str, Array]:
        """What was recorded so far, for a checkpoint."""
        points = self._points.items()
        return {f"{step}/{name}": array for step, point in points for name, array in point.items()}

    def restore(self, dumped: Arrays) -> None:
        """Go on from what `dump` gave."""
        self._points = {}
        for key, array in dumped.items():
            step, _, name = key.partition("/")
            self._points.setdefault(int(step), {})[name] = array

    def _asked(self) -> dict[int, dict[str, Array]]:
        """The points up to the last with anything that is asked for now, and that of each."""
        points = {
            step: {name: array for name, array in point.items() if _kind(name) in self._each}
            for step, point in self._points.items()
        }
        last = max((step for step, point in points.items() if point), default=-1)
        return {step: points.get(step, {}) for step in sorted(self._due) if step <= last}

    def _facts(self, points: list[int], names: Collection[str]) -> dict[str, object]:
        named = self._named
        kinds = {_kind(name) for name in names}
        return {
            "points": tuple(step * self._per_step for step in points),
            "tokens": self._steps * self._per_step,
            "sequences": self._windows.shape[1],
            "steps": len(self._windows) - 1,
            "warmup": WARMUP,
            "flow": named.carried if "flow" in kinds else (),
            "left_lag": LEFT_LAG if "flow" in kinds else None,
            "gates": named.gates if "gates" in kinds else (),
            "states": named.states if "states" in kinds else (),
        }


def _kind(name: str) -> str:
    return name.partition("/")[0]


def _stacked(points: Sequence[dict[str, Array]]) -> dict[str, Array]:
    """All points of each array; NaN where its kind was not yet asked for."""
    missing = {n: np.full_like(a, np.nan) for point in points for n, a in point.items()}
    return {n: np.stack([p.get(n, none) for p in points]) for n, none in missing.items()}
