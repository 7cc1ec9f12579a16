"""Cells with exponential gates. Beck et al. 2024 (xLSTM), arXiv 2405.04517."""

import numpy as np
from analytic import absolute, block_diagonal, maximum, sigmoid


def slstm(w, x, s):
    # Eq. 8-18, sigmoid forget gate, stabilised by eq. 15-17; two heads.
    z, i, f, o = (w[f"W{g}"] @ x + block_diagonal(w[f"R{g}"]) @ s["h"] + w[f"b{g}"] for g in "zifo")
    log_f = np.log(sigmoid(f))
    m = maximum(log_f + s["m"], i)
    i, f = np.exp(i - m), np.exp(log_f + s["m"] - m)
    c = f * s["c"] + i * np.tanh(z)
    n = f * s["n"] + i
    h = sigmoid(o) * (c / n)
    return h, {"h": h, "c": c, "n": n, "m": m}


def mlstm(w, x, s):
    # Eq. 19-27, one head; the stabilised form of appendix A, whose denominator has exp(-m) for 1.
    d = len(s["n"])
    q = w["Wq"] @ x + w["bq"]
    k = w["Wk"] @ x / np.sqrt(d) + w["bk"]
    v = w["Wv"] @ x + w["bv"]
    i, log_f = w["Wi"] @ x + w["bi"], np.log(sigmoid(w["Wr"] @ x + w["br"]))
    o = sigmoid(w["Wo"] @ x + w["bo"])
    m = maximum(log_f + s["m"], i)
    i, f = np.exp(i - m), np.exp(log_f + s["m"] - m)
    C = f * s["C"] + i * np.outer(v, k)
    n = f * s["n"] + i * k
    h = o * (C @ q / maximum(absolute(n @ q), np.exp(-m)))
    return h, {"C": C, "n": n, "m": m}
