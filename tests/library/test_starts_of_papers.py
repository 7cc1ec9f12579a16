"""Weights start as the papers say, where they say it."""

import pytest
import torch

from cellsearch import RNN

H = 400
TMAX = 784


@pytest.fixture
def weights():
    torch.manual_seed(0)
    return lambda name: RNN(name, H, H).layers[0]


def is_uniform(w, low, high):
    """Within the bounds, and with their mean and spread to five standard errors."""
    v = (w.detach().double() - low) / (high - low)
    inside = bool(((v >= -1e-5) & (v <= 1 + 1e-5)).all())
    error = (1 / 12 / len(v)) ** 0.5
    return inside and abs(v.mean() - 1 / 2) < 5 * error and abs(v.std() - 12**-0.5) < 5 * error


def test_chrono_initialisation(weights):
    w = weights("lstm_chrono")
    assert is_uniform(w["bf"].exp(), 1, TMAX - 1)
    assert torch.equal(w["bi"], -w["bf"])
    assert is_uniform(weights("janet")["bs"].exp(), 1, TMAX - 1)


def test_the_forget_gate_starts_open(weights):
    assert weights("lstm_b")["bf"].unique().tolist() == [1]


def test_bistable_cells(weights):
    brc, nbrc = weights("brc"), weights("nbrc")
    for gate in "ac":
        assert brc[f"p{gate}"].unique().tolist() == [1]
        u = nbrc[f"U{gate}"].detach()
        assert torch.allclose(u @ u.T, torch.eye(H), atol=1e-5)


def test_uniform_diagonals(weights):
    assert is_uniform(weights("indrnn")["ph"], 0, 1)
    assert is_uniform(weights("unicornn")["pz"], 0, 1)
    assert is_uniform(weights("unicornn")["ps"], -0.1, 0.1)


def test_gains_start_at_1(weights):
    for name, gains in {"lnlstm": "s1 s2 s3 s4 s5 t1 t2 t3 t4", "lnlstm_ba": "si tf sc"}.items():
        w = weights(name)
        assert all(w[g].unique().tolist() == [1] for g in gains.split())
