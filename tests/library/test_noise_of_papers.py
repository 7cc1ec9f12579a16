"""Masks fall where the paper drops."""

import torch

from cellsearch import RNN

X, H, B = 5, 64, 8


def test_semeniuta_et_al_drop_nothing_but_the_candidate():
    torch.manual_seed(0)
    rnn = RNN("lstm_semeniuta", X, H, backend="reference", dtype=torch.float64)
    x, h, c = (torch.randn(1, B, n, dtype=torch.float64) for n in (X, H, H))
    _, (h_new, c_new) = rnn(x, (h, c))
    w = rnn.layers[0]
    i, f, g, o = (x @ w[f"W{n}"].T + h @ w[f"U{n}"].T + w[f"b{n}"] for n in "ifgo")
    mask = (c_new - f.sigmoid() * c) / (i.sigmoid() * g.tanh())
    kept = mask > 0.5
    assert torch.allclose(mask, kept.double() / 0.75) and 0.6 < kept.double().mean() < 0.9
    assert torch.allclose(h_new, o.sigmoid() * c_new.tanh())
