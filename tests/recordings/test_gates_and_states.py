"""Gates and states: shares, quantiles, and which values are gates."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cellsearch.derive.ranges import ranges
from cellsearch.ir import elaborate
from cellsearch.lang import edit_cell, load_cell
from cellsearch.recordings.gates import gate_names, gates
from cellsearch.recordings.reading import WARMUP, Reading
from cellsearch.recordings.states import states


@pytest.mark.parametrize(
    ("cell", "edit", "want"),
    [
        ("lstm", None, "fio"),
        ("lstm", "f = 1 - i", "fio"),
        ("lstm", "o = 1", "fi"),
        ("gru", None, "rz"),
        ("rnn", None, ""),
    ],
)
def test_gates_are_what_stays_between_0_and_1(cell: str, edit: str | None, want: str) -> None:
    edited = edit_cell(load_cell(cell), [edit]) if edit else load_cell(cell)
    graph = elaborate(edited)
    assert "".join(sorted(gate_names(graph, ranges(graph)))) == want


def test_shares_leave_the_first_steps_out() -> None:
    values = torch.full((2, WARMUP + 4, 3, 5), 0.5)
    values[:, :WARMUP] = 0.01
    values[0, WARMUP:, :, 1] = 0.95
    values[1, WARMUP, :, 2] = 0.05
    values[1, WARMUP, 0, 3] = 1.0
    found = gates(Reading(torch.zeros(3), {"f": values}), ("f",))
    assert found["f/right"][0].tolist() == [0, 1, 0, 0, 0]
    np.testing.assert_allclose(found["f/left"][1], [0, 0, 1 / 4, 0, 0])
    np.testing.assert_allclose(found["f/right"][1], [0, 0, 0, 1 / 12, 0])
    assert found["f/mean"][0, 1] == pytest.approx(0.95)
    np.testing.assert_allclose(found["f/histogram"].sum(1), 1)
    assert found["f/histogram"][0, 19] == pytest.approx(1 / 5)


def test_quantiles_are_of_windows_and_units_at_each_step() -> None:
    values = torch.arange(101.0).reshape(1, 1, 101, 1).expand(2, 3, 101, 1)
    scale = torch.tensor([1.0, 2.0, 3.0])[:, None, None]
    found = states(Reading(torch.zeros(101), {"c'": values * scale, "c": values}), ["c"])
    want = np.array([0, 1, 50, 99, 100])
    np.testing.assert_array_equal(found["c"], np.stack([[want, 2 * want, 3 * want]] * 2))
