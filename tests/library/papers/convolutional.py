"""Cells whose units are channels of a plane."""

import numpy as np
from analytic import convolved, sigmoid


def convgru(w, x, s):
    # Ballas et al. 2016, GRU-RCN; a bias is one number per channel.
    h = s["h"]

    def both(gate, state):
        sums = convolved(w[f"W{gate}"], x) + convolved(w[f"U{gate}"], state)
        return sums + w[f"b{gate}"][:, None, None]

    z = sigmoid(both("z", h))
    r = sigmoid(both("r", h))
    n = np.tanh(both("n", r * h))
    new = (1 - z) * h + z * n
    return new, {"h": new}
