"""Cells whose states pass from step to step without a function: scans and their kin."""

import numpy as np
from analytic import sigmoid


def qrnn(w, x, s):
    # Bradbury et al. 2017, eq. 1-2: a masked convolution of width 2, here as two products.
    before = s["delay(x, 1)"]
    z = np.tanh(w["Vz"] @ before + w["Wz"] @ x + w["bz"])
    f = sigmoid(w["Vf"] @ before + w["Wf"] @ x + w["bf"])
    o = sigmoid(w["Vo"] @ before + w["Wo"] @ x + w["bo"])
    # Eq. 4, fo-pooling.
    c = f * s["c"] + (1 - f) * z
    h = o * c
    return h, {"c": c, "delay(x, 1)": x}
