"""States: how far they range with the position in a window, from the cells' start on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cellsearch.recorded import Array
from cellsearch.recordings.reading import Reading

QUANTILES = (0.0, 0.01, 0.5, 0.99, 1.0)


def states(reading: Reading, names: Sequence[str]) -> dict[str, Array]:
    """Minimum, 1%, 50%, 99% and maximum over windows and units before each step, by name.

    Args:
        reading: with the states recorded.
        names: of states, as they are before a step.

    Returns:
        Each [layers, T, 5].
    """
    return {name: _layers(reading.values(name), reading.own(name)) for name in names}


def _layers(values: Array, own: Array) -> Array:
    each = zip(values, own, strict=True)
    return np.stack([_quantiles(layer[..., units]) for layer, units in each])


def _quantiles(values: Array) -> Array:
    """Of the values of one layer [T, B, units], [T, 5]."""
    # Nearest ranks: values that were there.
    flat = np.sort(values.reshape(len(values), -1), axis=1)
    ranks = np.rint(np.array(QUANTILES) * (flat.shape[1] - 1)).astype(np.int64)
    found: Array = flat[:, ranks]
    return found
