"""Cells whose matrices are products of narrow ones."""

import numpy as np
from analytic import sigmoid


def fastgrnn_lowrank(w, x, s):
    # Kusupati et al. 2018, section 3.2: gate and candidate share W = W1 W2^T and U = U1 U2^T.
    shared = (w["Wa"] @ w["Wk"]) @ x + (w["Ua"] @ w["Ul"]) @ s["h"]
    z = sigmoid(shared + w["bz"])
    h_tilde = np.tanh(shared + w["bn"])
    zeta, nu = sigmoid(w["zeta"]), sigmoid(w["nu"])
    h = (zeta * (1 - z) + nu) * h_tilde + z * s["h"]
    return h, {"h": h}
