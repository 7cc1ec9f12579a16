"""Cells that remember keys and values: linear attention, delta rules, state spaces."""

import numpy as np
from analytic import elu, sigmoid, silu


def linear_attention(w, x, s):
    # Katharopoulos et al. 2020, eq. 16-20, S transposed: [value, key].
    q, k = elu(w["Wq"] @ x) + 1, elu(w["Wk"] @ x) + 1
    v = w["Wv"] @ x
    S = s["S"] + v[:, None] * k
    z = s["z"] + k
    return S @ q / (np.sum(q * z) + 1e-6), {"S": S, "z": z}


def gla(w, x, s):
    # Yang et al. 2024: S_t = diag(alpha) S_{t-1} + k^T v, o = q S, with S [key, value].
    q, k, v = w["Wq"] @ x, w["Wk"] @ x, w["Wv"] @ x
    alpha = sigmoid(w["Wg"] @ (w["Wl"] @ x) + w["bg"]) ** (1 / 16)
    S = alpha[:, None] * s["S"].T + k[:, None] * v
    return q @ S, {"S": S.T}


def deltanet(w, x, s):
    # Yang et al. 2024b: S_t = S_{t-1} (I - beta k k^T) + beta v k^T.
    q, k = _unit(silu(w["Wq"] @ x)), _unit(silu(w["Wk"] @ x))
    v = silu(w["Wv"] @ x)
    beta = sigmoid(w["Wa"] @ x)
    S = s["S"] @ (np.eye(len(k)) - beta * np.outer(k, k)) + beta * np.outer(v, k)
    return S @ q, {"S": S}


def _unit(a):
    return a / np.sqrt(np.sum(a**2) + 1e-6)
