"""The same cell with a gate held open or shut: what passes the gradient straight through.

A gate that is held is an edit of the cell (`f = 1`), with the weights that are left in it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cellsearch.errors import LanguageError
from cellsearch.ir import Cell
from cellsearch.ir.cell import Init, Line, Param, map_lines
from cellsearch.lang import edit_cell, prune
from cellsearch.nn.language_model import LanguageModel
from cellsearch.recorded import Array
from cellsearch.recordings.flow import norms, totals
from cellsearch.recordings.named import Named
from cellsearch.recordings.reading import WARMUP, Ids, read, recorder_of

# Less is read than for the cell itself, for it is twice for every gate: windows, and lags.
WINDOWS, LAGS = 8, 40


def held(model: LanguageModel, windows: Ids, gate: str, lags: int = LAGS) -> Array | None:
    """The norm of the gradient by lag, with the gate at 0 and at 1: [2, lags + 1].

    None where no number can stand for the gate: one of many rounds, what has to be a vector, or the
    only one that reads a state.
    """
    some = windows[-lags - 1 - WARMUP :, :WINDOWS]
    try:
        return np.stack([_total(model, some, f"{gate} = {value}", lags) for value in (0, 1)])
    except LanguageError:
        return None


def _total(model: LanguageModel, windows: Ids, edit: str, lags: int) -> Array:
    cell = edit_cell(_without_starts(model.cells.cell), [edit])
    # What there is follows from the edited cell: with `o = 0` nothing is put out or carried.
    named = Named.of(recorder_of(model, (), cell).cells)
    if not named.flowing:
        return np.concatenate([[1.0], np.zeros(lags)])
    reading = read(recorder_of(model, named.flowing, cell), windows)
    return totals(norms(reading, named, lags))["total"]


def _without_starts(cell: Cell) -> Cell:
    """Without what weights start as, which may speak of one that an edit takes away."""
    states = {state.name for state in cell.states}

    def without(line: Line) -> Line | None:
        if isinstance(line, Param):
            return replace(line, start=None)
        return None if isinstance(line, Init) and line.name not in states else line

    return prune(cell.with_lines(map_lines(cell.lines, without)))
