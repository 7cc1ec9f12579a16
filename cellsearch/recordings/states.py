"""States: how far they range with the position in a window, from the cells' start on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cellsearch.recorded import Array
from cellsearch.recordings.reading import Reading

QUANTILES = (0.0, 0.01, 0.5, 0.99, 1.0)


def states(reading: Reading, names: Sequence[str]) -> dict[str, Array]:
    """Minimum, 1%, 50%, 99% and maximum over windows and units, [layers, T, 5], by name.

    Args:
        reading: with the states recorded.
        names: `h` for its new value, `h'`, or what a delay remembers.
    """
    return {name: _quantiles(reading.values(_new(name, reading))) for name in names}


def _new(name: str, reading: Reading) -> str:
    return f"{name}'" if f"{name}'" in reading.recorded else name


def _quantiles(values: Array) -> Array:
    layers, steps = values.shape[:2]
    # Nearest ranks: values that were there.
    flat = np.sort(values.reshape(layers, steps, -1), axis=2)
    ranks = np.rint(np.array(QUANTILES) * (flat.shape[2] - 1)).astype(np.int64)
    found: Array = flat[:, :, ranks]
    return found
