"""The kinds of recordings: what each does with a reading, and with the trained model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from cellsearch.data import Corpus
from cellsearch.nn.language_model import LanguageModel
from cellsearch.recorded import Array
from cellsearch.recordings import flow, gates, held, samples, states, units
from cellsearch.recordings.named import Named
from cellsearch.recordings.reading import Ids, Reading, recorder_of

Facts = Mapping[str, object]


@dataclass(frozen=True)
class Trained:
    """A model at the end of its training, and what it is looked at with."""

    model: LanguageModel
    corpus: Corpus
    named: Named
    windows: Ids
    draws: np.random.Generator


def _flow(reading: Reading, named: Named) -> dict[str, Array]:
    return flow.flow(reading, named) if named.output else {}


def _gates(reading: Reading, named: Named) -> dict[str, Array]:
    return gates.gates(reading, named.gates)


def _states(reading: Reading, named: Named) -> dict[str, Array]:
    return states.states(reading, named.carried)


def _held(trained: Trained) -> tuple[dict[str, Array], Facts]:
    names = tuple(filter(held.can_be_held, trained.named.gates)) if trained.named.output else ()
    found = {f"held/{g}": held.held(trained.model, trained.windows, g) for g in names}
    return found, {"held": names, "left_lag": flow.LEFT_LAG}


def _units(trained: Trained) -> tuple[dict[str, Array], Facts]:
    copy = recorder_of(trained.model, trained.named.new or trained.named.carried)
    arrays, facts = units.units(copy, trained.corpus)
    return arrays, {"units": facts}


def _samples(trained: Trained) -> tuple[dict[str, Array], Facts]:
    return {}, {"samples": samples.samples(trained.model, trained.corpus, trained.draws)}


# Arrays of one point, by name.
AT_THE_POINTS: Mapping[str, Callable[[Reading, Named], dict[str, Array]]] = {
    "flow": _flow,
    "gates": _gates,
    "states": _states,
}
# Arrays by name, and fields of `cellsearch.recorded.Facts`.
AT_THE_END: Mapping[str, Callable[[Trained], tuple[dict[str, Array], Facts]]] = {
    "flow": _held,
    "units": _units,
    "samples": _samples,
}
