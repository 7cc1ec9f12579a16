"""The same cell with a gate held open or shut: what passes the gradient straight through.

A gate that is held is an edit of the cell (`f = 1`), with the weights that are left in it.
"""

from __future__ import annotations

import numpy as np

from cellsearch.lang import edit_cell
from cellsearch.nn.language_model import LanguageModel
from cellsearch.recorded import Array
from cellsearch.recordings.flow import LAGS, norms, totals
from cellsearch.recordings.named import Named
from cellsearch.recordings.reading import Ids, read, recorder_of

# Half of the windows do: it is read twice for every gate.
WINDOWS = 8


def can_be_held(gate: str) -> bool:
    """One of many rounds cannot."""
    return "[" not in gate


def held(model: LanguageModel, windows: Ids, gate: str, lags: int = LAGS) -> Array:
    """The norm of the gradient by lag, with the gate at 0 and at 1: [2, lags + 1]."""
    some = windows[:, :WINDOWS]
    return np.stack([_total(model, some, f"{gate} = {value}", lags) for value in (0, 1)])


def _total(model: LanguageModel, windows: Ids, edit: str, lags: int) -> Array:
    cell = edit_cell(model.cells.cell, [edit])
    # What there is follows from the edited cell: with `o = 0` nothing is put out.
    named = Named.of(recorder_of(model, (), cell).cells)
    if named.output is None:
        return np.concatenate([[1.0], np.zeros(lags)])
    reading = read(recorder_of(model, named.flowing, cell), windows)
    return totals(norms(reading, named, lags))["total"]
