"""What a format may need besides the cell: sizes, and the numbers of a trained one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cellsearch.errors import ConfigError
from cellsearch.ir import Cell

# Sizes where none are given.
COMMON = 128


@dataclass(frozen=True)
class Numbers:
    """A cell's numbers.

    Attributes:
        weights: each in its stored shape, under the cell's name for it.
        start: each state before the first step, without batch, in the shape that `RNN` gives it.
    """

    weights: Mapping[str, NDArray[np.float64]]
    start: Mapping[str, NDArray[np.float64]]


def _none() -> Numbers:
    raise ConfigError("this format holds weights: it needs Options(numbers=...)")


@dataclass(frozen=True)
class Options:
    """What formats may ask for.

    Attributes:
        widths: the width of each input, by its name.
        hidden: H.
        numbers: gives weights and start when a format asks for them.
        dtype: `float32` or `float64`, for formats that hold numbers.
    """

    widths: Mapping[str, int]
    hidden: int = COMMON
    numbers: Callable[[], Numbers] = field(default=_none)
    dtype: str = "float32"

    @staticmethod
    def common(cell: Cell) -> Options:
        """The sizes that stand for any."""
        return Options(dict.fromkeys(cell.inputs, COMMON))
