"""The GRU's family, and gated cells of other kinds."""

import numpy as np
from analytic import clip, relu, sigmoid, softplus


def _gates(w, x, h, names):
    return [sigmoid(w[f"W{g}"] @ x + w[f"U{g}"] @ h + w[f"b{g}"]) for g in names]


def gru_v3(w, x, s):
    # Cho et al. 2014, eq. 5-8: z is what is kept.
    h = s["h"]
    r, z = _gates(w, x, h, "rz")
    candidate = np.tanh(w["Wn"] @ x + w["Un"] @ (r * h) + w["bn"])
    h = z * h + (1 - z) * candidate
    return h, {"h": h}


def gru_chung(w, x, s):
    # Chung et al. 2014, section 3.2: z is what is taken over.
    h = s["h"]
    r, z = _gates(w, x, h, "rz")
    candidate = np.tanh(w["Wn"] @ x + w["Un"] @ (r * h) + w["bn"])
    h = h + z * (candidate - h)
    return h, {"h": h}


def mut1(w, x, s):
    # Jozefowicz et al. 2015, the three best cells of the search.
    h = s["h"]
    z = sigmoid(w["Wz"] @ x + w["bz"])
    (r,) = _gates(w, x, h, "r")
    h = np.tanh(w["Un"] @ (r * h) + np.tanh(x) + w["bn"]) * z + h * (1 - z)
    return h, {"h": h}


def mut2(w, x, s):
    h = s["h"]
    (z,) = _gates(w, x, h, "z")
    r = sigmoid(x + w["Ur"] @ h + w["br"])
    h = np.tanh(w["Un"] @ (r * h) + w["Wn"] @ x + w["bn"]) * z + h * (1 - z)
    return h, {"h": h}


def nascell(w, x, s):
    # Zoph & Le 2017, appendix; the tree of TensorFlow's contrib.rnn.NASCell.
    a = [w[f"W{k}"] @ x for k in range(8)]
    b = [w[f"U{k}"] @ s["h"] for k in range(8)]
    leaf_functions = [sigmoid, relu, sigmoid, relu, np.tanh, sigmoid, np.tanh, sigmoid]
    joined = [a[k] * b[k] if k == 3 else a[k] + b[k] for k in range(8)]
    leaf = [f(v) for f, v in zip(leaf_functions, joined, strict=True)]
    first = np.tanh(leaf[0] * leaf[1])
    second = np.tanh(leaf[2] + leaf[3])
    third = np.tanh(leaf[4] * leaf[5])
    fourth = sigmoid(leaf[6] + leaf[7])
    c = np.tanh(first + s["c"]) * second
    h = np.tanh(c * np.tanh(third + fourth))
    return h, {"h": h, "c": c}


def lem(w, x, s):
    # Rusch et al. 2022, with dt = 1; y of the paper is h, z is c.
    y, z = s["h"], s["c"]
    step_z, step_y = _gates(w, x, y, "da")
    z = (1 - step_z) * z + step_z * np.tanh(w["Uc"] @ y + w["Wc"] @ x + w["bc"])
    y = (1 - step_y) * y + step_y * np.tanh(w["Vh"] @ z + w["Wh"] @ x + w["bh"])
    return y, {"h": y, "c": z}


def scrn(w, x, s):
    # Mikolov et al. 2015; the softmax of y belongs to the model.
    context = 0.05 * (w["Ws"] @ x) + 0.95 * s["s"]
    h = sigmoid(w["Ph"] @ context + w["Wh"] @ x + w["Uh"] @ s["h"])
    return w["Uy"] @ h + w["Vy"] @ context, {"h": h, "s": context}


def _sgu(w, x, h, out):
    """Gao & Glowacka 2016: x_g, z_g and z_t; `out` makes z_out of z_g * h."""
    x_g = w["Wa"] @ x + w["ba"]
    z_g = np.tanh(w["Uu"] @ (x_g * h))
    z_t = clip(0.2 * (w["Wz"] @ x + w["bz"] + w["Uz"] @ h) + 0.5, 0, 1)
    h = (1 - z_t) * h + z_t * out(z_g * h)
    return h, {"h": h}


def sgu(w, x, s):
    return _sgu(w, x, s["h"], softplus)


def dsgu(w, x, s):
    return _sgu(w, x, s["h"], lambda a: sigmoid(w["Uv"] @ a))
