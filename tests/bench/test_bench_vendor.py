import pytest
import torch

from cellsearch.bench import measure
from cellsearch.bench.check import check
from cellsearch.bench.vendor import NAME, VendorSubject, subject
from cellsearch.config import ModelConfig, TaskConfig, TrainConfig, TrialConfig
from cellsearch.errors import TrialError
from cellsearch.lang import load_cell, print_cell

CELLS = ("rnn", "lstm", "gru")


def trial(name, backend=NAME, **model):
    return TrialConfig(
        variant=name,
        cells={"cell": print_cell(load_cell(name))},
        task=TaskConfig(),
        model=ModelConfig(hidden=7, **model),
        train=TrainConfig(batch=3, segment=9, dtype="float64"),
        backend=backend,
        seed=0,
        data_sha256="",
    )


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("model", [{}, {"layers": 2}, {"bias": False, "embedding": 5}])
def test_torchs_own_computes_the_same_loss(name, model):
    found = VendorSubject(trial(name, **model), 11)
    ours = found.loss(found.build("reference", torch.float64))
    assert found.loss(found.model).item() == pytest.approx(ours.item(), rel=1e-12)
    check(found)


@pytest.mark.parametrize("name", CELLS)
def test_a_weight_in_the_wrong_place_is_not_timed(name):
    found = VendorSubject(trial(name), 11)
    with torch.no_grad():
        found.model.cells.runs.weight_hh_l0.neg_()
    with pytest.raises(TrialError, match="differs from the reference"):
        check(found)


def test_a_cell_that_torch_lacks_is_refused():
    with pytest.raises(TrialError, match="no 'lstm_peephole'"):
        subject(trial("lstm_peephole"), 11)


def test_a_cell_with_the_same_weights_is_not_taken_for_it():
    flipped = print_cell(load_cell("gru")).replace("(1 - z) * n + z * h", "z * n + (1 - z) * h")
    wrong = trial("gru").model_copy(update={"cells": {"cell": flipped}})
    with pytest.raises(TrialError, match="differs from the reference"):
        measure([wrong], 11, rounds=1)


def test_both_are_measured_side_by_side():
    lines = measure([trial("gru", "reference"), trial("gru")], 11, rounds=1)
    assert [line.where.backend for line in lines] == ["reference", NAME]
    assert all(line.us_per_token_training > 0 for line in lines)
    assert all(line.generation.us_per_token > 0 for line in lines)
    assert all(line.memory.peak_bytes > 0 for line in lines)
