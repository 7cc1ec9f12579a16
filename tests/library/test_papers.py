"""Cells of the library compute what their papers say, transcribed in `papers/`."""

import numpy as np
import pytest
import torch
from papers import transcriptions
from transcribed import disagreements

torch.set_num_threads(1)

TOLERANCE = 1e-10
PAPERS = transcriptions()


def wrong(name, step, own_start=False):
    found = disagreements(name, step, own_start=own_start)
    return {what: error for what, error in found.items() if not error < TOLERANCE}


@pytest.mark.parametrize("start", ["random", "own"])
@pytest.mark.parametrize("name", PAPERS)
def test_agrees_with_its_paper(name, start):
    assert wrong(name, PAPERS[name], start == "own") == {}


def test_a_wrong_value_is_noticed():
    def other(w, x, s):
        h, new = PAPERS["qrnn"](w, x, s)
        return h, {**new, "c": new["c"] * (1 + 1e-8)}

    assert "final c" in wrong("qrnn", other)


def test_a_wrong_gradient_alone_is_noticed():
    def other(w, x, s):
        return PAPERS["qrnn"]({**w, "bz": np.real(w["bz"])}, x, s)

    assert list(wrong("qrnn", other)) == ["gradient of weights bz"]
