"""Where torchrecurrent differs from us, it differs from the paper: its cell is ours, edited."""

import pytest
import torchrecurrent.cells
from faults import DOCSTRINGS, FAULTS, STARTS
from twin import by_twin, case_of, disagreements, on_the_same_numbers
from twins import TORCHRECURRENT

from cellsearch import RNN
from cellsearch.lang import edit_cell, library
from cellsearch.testing.backends import by_backend, tensors
from cellsearch.testing.cases import relative


@pytest.mark.parametrize("name", FAULTS)
def test_with_its_fault_our_cell_is_theirs(name):
    edits, twin, tolerance = FAULTS[name]
    found = disagreements(twin, case_of(edit_cell(library()[name], edits)))
    assert {what: error for what, error in found.items() if not error < tolerance} == {}


@pytest.mark.parametrize("name", FAULTS)
def test_without_it_ours_is_another_cell(name):
    edits, twin, _ = FAULTS[name]
    case = case_of(edit_cell(library()[name], edits))
    theirs, _ = by_twin(twin, case, tensors(case))
    ours = by_backend(on_the_same_numbers(library()[name], case), "reference")
    assert relative(ours.outputs, theirs.numpy()) > 1e-2


@pytest.mark.parametrize("name", DOCSTRINGS)
def test_their_docstring_is_another_cell_than_their_code(name):
    said = case_of(edit_cell(library()[name], DOCSTRINGS[name]))
    case = case_of(library()[name])
    theirs, _ = by_twin(TORCHRECURRENT[name], case, tensors(case))
    ours = by_backend(on_the_same_numbers(said.cell, case), "reference")
    assert relative(ours.outputs, theirs.numpy()) > 1e-2


@pytest.mark.parametrize(("name", "weight"), STARTS)
def test_scalars_start_elsewhere(name, weight):
    theirs = TORCHRECURRENT[name].make(5, 7)
    started = RNN(name, 5, 7).layers[0][weight], getattr(theirs, weight)
    assert tuple(float(w.detach()) for w in started) == STARTS[name, weight]


def test_mut2_of_torchrecurrent_is_the_gru():
    case = case_of(edit_cell(library()["mut2"], FAULTS["mut2"].edits))
    gru = on_the_same_numbers(library()["gru_chung"], case)
    assert relative(*(by_backend(c, "reference").outputs for c in (gru, case))) < 1e-12


def test_every_cell_of_torchrecurrent_is_used():
    used = {t.make for t in [*TORCHRECURRENT.values(), *(f.twin for f in FAULTS.values())]}
    theirs = {c for n, c in vars(torchrecurrent.cells).items() if n.endswith("Cell")}
    assert len(theirs) == 41
    assert {c for c in theirs if not any(issubclass(u, c) for u in used)} == set()
