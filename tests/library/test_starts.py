"""Cells of the library start as their papers say, where a paper says more than a weight's size."""

import numpy as np
import pytest
import torch

from cellsearch import RNN

H = 400


@pytest.fixture
def started():
    def weights(name):
        torch.manual_seed(0)
        module = RNN(name, H, H, dtype=torch.float64)
        return {n.split(".")[-1]: p.detach().numpy() for n, p in module.named_parameters()}

    return weights


def covers(values, low, high):
    """Uniform between two numbers: within them, close to both, and with their mean."""
    width = high - low
    assert low <= values.min() < low + 0.03 * width
    assert high - 0.03 * width < values.max() <= high
    assert abs(values.mean() - (low + high) / 2) < 0.06 * width


def test_lstms_and_janet(started):
    # Tallec & Ollivier 2018: gates with time constants up to 784 - 1 steps.
    chrono = started("lstm_chrono")
    covers(np.exp(chrono["bf"]), 1, 783)
    np.testing.assert_array_equal(chrono["bi"], -chrono["bf"])
    covers(np.exp(started("janet")["bs"]), 1, 783)
    assert (started("lstm_b")["bf"] == 1).all()
    assert all((started("lnlstm_ba")[f"{side}{g}"] == 1).all() for side in "st" for g in "ifgo")


def test_bistable_cells_start_with_whole_or_orthogonal_feedback(started):
    brc, nbrc = started("brc"), started("nbrc")
    for gate in "ac":
        assert (brc[f"p{gate}"] == 1).all()
        np.testing.assert_allclose(nbrc[f"U{gate}"] @ nbrc[f"U{gate}"].T, np.eye(H), atol=1e-12)


def test_diagonal_recurrences(started):
    covers(started("indrnn")["ph"], 0, 1)
    covers(started("unicornn")["pz"], 0, 1)
    covers(started("unicornn")["ps"], -0.1, 0.1)


def test_rglru_decays_from_0_9_to_0_999(started):
    # De et al. 2024, section 2.4: a^c, which is the decay where the gate is 1.
    covers(np.exp(-8 * np.log1p(np.exp(started("rglru")["lam"]))), 0.9, 0.999)


def test_lru_starts_on_a_ring_with_the_norm_of_its_decay(started):
    # Orvieto et al. 2023, lemma 3.2 (uniform in the area of the ring) and section 3.4.
    w = started("lru")
    radius = np.exp(-np.exp(w["nu"]))
    covers(radius**2, 0.9**2, 0.999**2)
    covers(np.exp(w["theta"]), 0, 6.28)
    np.testing.assert_allclose(np.exp(w["gamma"]), np.sqrt(1 - radius**2))
    assert abs(w["Bu"].std() * np.sqrt(2 * H) - 1) < 0.01


def test_sru_keeps_the_variance_of_its_input(started):
    w = started("sru")
    covers(w["Wc"] * np.sqrt(H), -np.sqrt(3), np.sqrt(3))
    for name in ("Wf", "Wr"):
        assert abs(w[name].var() * H - 1 / 2) < 0.01
    covers(w["pf"], -np.sqrt(1.5), np.sqrt(1.5))


def test_forget_biases(started):
    slstm = started("slstm")["bf"]
    ramp = np.arange(H) / (H - 1)
    np.testing.assert_allclose(slstm, -(-5 + 12 * ramp**0.3))
    assert started("mlstm")["br"] == 3
    fast = started("fslstm")
    assert all((fast[f"bf{n}"] == 1).all() for n in (1, 2, 3))
    assert (started("rhn")["bt[5]"] == -2).all()


def test_hgrn_turns_as_rotary_positions_do(started):
    angles = 10000 ** (-2 / H * np.arange(H))
    np.testing.assert_allclose(started("hgrn_complex")["theta"], angles)


def step_lengths(bias):
    """The softplus of a bias, in logarithms."""
    return np.log(np.log1p(np.exp(bias)))


def test_mamba_starts_with_real_poles_and_steps_of_all_lengths(started):
    w = started("s6")
    np.testing.assert_allclose(np.exp(w["A"]), np.repeat(np.arange(1.0, 17)[:, None], H, axis=1))
    covers(step_lengths(w["bd"]), np.log(0.001), np.log(0.1))
    assert abs(w["Wd"]).max() <= (H / 16) ** -0.5 < 1.01 * abs(w["Wd"]).max()
    for name, bias, low in (("mamba2", "be", 1), ("gated_deltanet", "bg", 0)):
        w = started(name)
        assert low < np.exp(w["alpha"]) < 16
        assert np.log(0.001) < step_lengths(w[bias]) < np.log(0.1)


def test_rwkv4_decays_by_a_power_law(started):
    np.testing.assert_allclose(started("rwkv4")["w"], -5 + 8 * (np.arange(H) / (H - 1)) ** 0.7)


def test_s5_starts_at_the_poles_of_s4d_lin(started):
    w = started("s5")
    np.testing.assert_allclose(w["im"], np.pi * np.arange(H), rtol=1e-7)
    covers(w["ld"], np.log(0.001), np.log(0.1))
    assert (w["re"] == -0.5).all()


def test_irnn_starts_as_the_identity():
    module = RNN("irnn", 3, H, dtype=torch.float64)
    state = torch.rand(1, 1, H, dtype=torch.float64)
    _, after = module(torch.zeros(9, 1, 3, dtype=torch.float64), state)
    assert torch.equal(after, state)
