"""Simple networks, and one that is a differential equation's solution."""

import numpy as np
from analytic import relu, sigmoid


def irnn(w, x, s):
    # Le et al. 2015, section 3; the recurrent matrix is what is trained and the identity.
    recurrent = np.eye(len(s["h"])) + w["U"]
    h = relu(w["Wh"] @ x + recurrent @ s["h"] + w["bh"])
    return h, {"h": h}


def jordan(w, x, s):
    # Jordan 1986: the context units hold the last output.
    hidden = sigmoid(np.concatenate([w["Wh"], w["Uh"]], 1) @ np.concatenate([x, s["y"]]) + w["bh"])
    y = sigmoid(w["Vy"] @ hidden + w["by"])
    return y, {"y": y}


def cfc(w, x, s):
    # Hasani et al. 2022, eq. 10: sigmoid(-f t) g + (1 - sigmoid(-f t)) h, t = 1; LeCun's tanh.
    z = 1.7159 * np.tanh(0.666 * (w["Wz"] @ x + w["Uz"] @ s["h"] + w["bz"]))
    f, g, h = (w[f"W{k}"] @ z + w[f"b{k}"] for k in "fgk")
    decay = sigmoid(-f)
    new = decay * np.tanh(g) + (1 - decay) * np.tanh(h)
    return new, {"h": new}
