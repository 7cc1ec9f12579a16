"""Cells of the library compute what torch.nn and torchrecurrent compute, gradients included."""

import pytest
import torch
from twin import case_of, disagreements
from twins import TWINS

from cellsearch.lang import library

torch.set_num_threads(1)

TOLERANCE = 1e-10


@pytest.mark.parametrize("name", TWINS)
def test_agrees_with_its_twin(name):
    found = disagreements(TWINS[name], case_of(library()[name]))
    assert {what: error for what, error in found.items() if not error < TOLERANCE} == {}
