"""Cells that remember keys and values: linear attention and delta rules."""

import numpy as np
from analytic import elu, maximum, sigmoid, silu, softplus


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


def retnet(w, x, s):
    # Sun et al. 2023, eq. 2: s_n = A s_{n-1} + K_n^T v_n with A = gamma exp(i theta), and the real
    # part of Q_n s_n, which makes eq. 3's Q exp(i n theta) times the conjugate of K exp(i m theta).
    # Complex numbers are 2 x 2 matrices here, conjugates their transposes.
    gamma = 1 - 2.0**-5
    v = w["Wv"] @ x
    state = _complex(s["S"], s["Z"])
    turned = np.einsum(
        "abvk,bck->acvk", state, gamma * _complex(np.cos(w["theta"]), np.sin(w["theta"]))
    )
    key = np.swapaxes(_complex(w["Wk"] @ x, w["Wl"] @ x), 0, 1)
    state = turned + np.einsum("abk,v->abvk", key, v)
    o = np.einsum("abvk,bck->acv", state, _complex(w["Wq"] @ x, w["Wr"] @ x))[0, 0]
    return o, {"S": state[0, 0], "Z": state[1, 0]}


def _complex(real, imaginary):
    return np.array([[real, -imaginary], [imaginary, real]])


def hgrn2(w, x, s):
    # Qin et al. 2024: h_t = h_{t-1} Diag(f_t) + i_t (x) (1 - f_t), y_t = o_t h_t; gamma bounds f.
    gamma = 0.5
    f = gamma + (1 - gamma) * sigmoid(w["Wf"] @ x)
    i, o = w["Wi"] @ x, silu(w["Wo"] @ x)
    h = s["S"] * f[None, :] + i[:, None] * (1 - f)[None, :]
    return (h * o).sum(axis=1), {"S": h}


def gated_deltanet(w, x, s):
    # Yang et al. 2024: S_t = S_{t-1} alpha (I - beta k k^T) + beta v k^T, decaying as in Mamba-2.
    q, k, v = _unit(silu(w["Wq"] @ x)), _unit(silu(w["Wk"] @ x)), silu(w["Wv"] @ x)
    alpha = np.exp(-np.exp(w["alpha"]) * softplus(w["Wg"] @ x + w["bg"]))
    beta = sigmoid(w["Wb"] @ x)
    S = s["S"] @ (alpha * (np.eye(len(k)) - beta * np.outer(k, k))) + beta * np.outer(v, k)
    return S @ q, {"S": S}


def kda(w, x, s):
    # Kimi Team 2025, with S [key, value]: S_t = (I - beta k k^T) Diag(alpha) S_{t-1} + beta k v^T.
    q, k, v = _unit(silu(w["Wq"] @ x)), _unit(silu(w["Wk"] @ x)), silu(w["Wv"] @ x)
    alpha = np.exp(-np.exp(w["alpha"]) * softplus(w["Wg"] @ w["Wl"] @ x + w["bg"]))
    beta = sigmoid(w["Wb"] @ x)
    S = (np.eye(len(k)) - beta * np.outer(k, k)) @ np.diag(alpha) @ s["S"].T
    S = S + beta * np.outer(k, v)
    return S.T @ q, {"S": S.T}


def rwkv4(w, x, s):
    # Peng et al. 2023, eq. 11-17, with the numerically stable wkv of appendix D.
    past = s["delay(x, 1)"]
    r, k, v = (w[f"W{g}"] @ (w[f"m{g}"] * x + (1 - w[f"m{g}"]) * past) for g in "rkv")
    wkv = np.divide(*_weighed(s, s["m"], w["u"] + k, v)[:2])
    a, b, m = _weighed(s, s["m"] - np.exp(w["w"]), k, v)
    y = w["Wy"] @ (sigmoid(r) * wkv)
    return y, {"a": a, "b": b, "m": m, "delay(x, 1)": x}


def _weighed(s, old, new, v):
    # exp(old) times what is remembered, and exp(new) times v, over the larger of the two.
    m = maximum(old, new)
    e, d = np.exp(old - m), np.exp(new - m)
    return e * s["a"] + d * v, e * s["b"] + d, m
