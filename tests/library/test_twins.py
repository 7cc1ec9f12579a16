"""Cells of the library compute what torch.nn and torchrecurrent compute, gradients included."""

import pytest
import torch
from twin import case_of, disagreements
from twins import TWINS

from cellsearch.lang import edit_cell, library

torch.set_num_threads(1)

TOLERANCE = 1e-10


@pytest.mark.parametrize("name", TWINS)
def test_agrees_with_its_twin(name):
    found = disagreements(TWINS[name], case_of(library()[name]))
    assert {what: error for what, error in found.items() if not error < TOLERANCE} == {}


def test_a_cell_that_differs_slightly_is_noticed():
    cell = edit_cell(library()["mgu"], ["n = (1 + 1e-8) * tanh(Wn @ x + Un @ (f * h) + bn)"])
    found = disagreements(TWINS["mgu"], case_of(cell))
    assert all(error > TOLERANCE for error in found.values())
