"""Cells whose states pass from step to step without a function: scans and their kin."""

import numpy as np
from analytic import sigmoid, silu, softplus


def qrnn(w, x, s):
    # Bradbury et al. 2017, eq. 1-2: a masked convolution of width 2, here as two products.
    z, f, o = _convolved(w, x, s)
    # Eq. 4, fo-pooling.
    c = f * s["c"] + (1 - f) * z
    return o * c, {"c": c, "delay(x, 1)": x}


def qrnn_zoneout(w, x, s):
    # F = 1 - dropout(1 - sigmoid(...)) without rescaling; in evaluation, dropout's mean.
    z, f, o = _convolved(w, x, s)
    f = 1 - 0.9 * (1 - f)
    c = f * s["c"] + (1 - f) * z
    return o * c, {"c": c, "delay(x, 1)": x}


def _convolved(w, x, s):
    before = s["delay(x, 1)"]
    gates = (w[f"V{g}"] @ before + w[f"W{g}"] @ x + w[f"b{g}"] for g in "zfo")
    z, f, o = gates
    return np.tanh(z), sigmoid(f), sigmoid(o)


def sru(w, x, s):
    # Lei et al. 2018, eq. 1-4; alpha with b = 0.
    alpha = (1 + 2 * np.exp(0.0)) ** 0.5
    f = sigmoid(w["Wf"] @ x + w["pf"] * s["c"] + w["bf"])
    c = f * s["c"] + (1 - f) * (w["Wc"] @ x)
    r = sigmoid(w["Wr"] @ x + w["pr"] * s["c"] + w["br"])
    return r * c + (1 - r) * x * alpha, {"c": c}


def sru_v1(w, x, s):
    # Lei & Zhang 2017 (v1), g = tanh.
    x_tilde = w["Wc"] @ x
    f = sigmoid(w["Wf"] @ x + w["bf"])
    r = sigmoid(w["Wr"] @ x + w["br"])
    c = f * s["c"] + (1 - f) * x_tilde
    return r * np.tanh(c) + (1 - r) * x, {"c": c}


def mingru(w, x, s):
    # Feng et al. 2024, section 3.1.
    z = sigmoid(w["Wz"] @ x + w["bz"])
    h_tilde = _g(w["Wa"] @ x + w["ba"])
    h = (1 - z) * s["h"] + z * h_tilde
    return h, {"h": h}


def minlstm(w, x, s):
    # Feng et al. 2024, section 3.2: normalised gates.
    f = sigmoid(w["Wf"] @ x + w["bf"])
    i = sigmoid(w["Wi"] @ x + w["bi"])
    h_tilde = _g(w["Wa"] @ x + w["ba"])
    h = (f * s["h"] + i * h_tilde) / (f + i)
    return h, {"h": h}


def _g(a):
    # Feng et al. 2024: continuous, and positive for the log space.
    return np.where(a.real >= 0, a + 0.5, sigmoid(a))


def rglru(w, x, s):
    # De et al. 2024, eq. 1-4; a = sigmoid(-lam), a^(c r) in the log space of appendix A.
    r = sigmoid(w["Wr"] @ x + w["br"])
    i = sigmoid(w["Wi"] @ x + w["bi"])
    log_a = -8 * softplus(w["lam"]) * r
    h = np.exp(log_a) * s["h"] + np.sqrt(1 - np.exp(2 * log_a)) * (i * x)
    return h, {"h": h}


def lru(w, x, s):
    # Orvieto et al. 2023: x_k = Lambda x_{k-1} + exp(gamma) (B u_k), y = Re(C x_k) + D u.
    # A complex number is a pair here, and times Lambda is a 2 x 2 matrix per unit.
    radius, angle = np.exp(-np.exp(w["nu"])), np.exp(w["theta"])
    driven = np.exp(w["gamma"]) * np.stack([w["Bu"] @ x, w["Bv"] @ x])
    state = _rotated(radius, angle, np.stack([s["u"], s["v"]])) + driven
    real = w["Cy"] @ state[0] - w["Dy"] @ state[1]
    return real + w["Ey"] @ x, {"u": state[0], "v": state[1]}


def _rotated(radius, angle, pair):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return radius * np.einsum("ijn,jn->in", turn, pair)


def hgrn(w, x, s):
    # Qin et al. 2023, with real numbers; gamma is the layer's lower bound.
    gamma = 0.5
    mu = sigmoid(w["Wg"] @ x + w["bg"])
    decay = gamma + (1 - gamma) * mu
    h = decay * s["h"] + (1 - decay) * silu(w["Wc"] @ x + w["bc"])
    return sigmoid(w["Wo"] @ x + w["bo"]) * h, {"h": h}


def hgrn_complex(w, x, s):
    # Qin et al. 2023: h_t = lambda exp(i theta) h_{t-1} + (1 - lambda) c_t, c_t complex.
    gamma = 0.5
    decay = gamma + (1 - gamma) * sigmoid(w["Wg"] @ x + w["bg"])
    c = np.stack([silu(w["Wu"] @ x + w["bu"]), silu(w["Wv"] @ x + w["bv"])])
    h = _rotated(decay, w["theta"], np.stack([s["u"], s["v"]])) + (1 - decay) * c
    # One gate and one projection over [Re h, Im h].
    gate = np.concatenate([w["Wo"] @ x + w["bo"], w["Wp"] @ x + w["bp"]])
    projection = np.concatenate([w["Py"], w["Qy"]], axis=1)
    y = projection @ (sigmoid(gate) * h.reshape(-1)) + w["by"]
    return y, {"u": h[0], "v": h[1]}
