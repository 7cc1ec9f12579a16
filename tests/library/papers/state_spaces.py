"""State spaces: continuous in time, and made discrete by a step that may depend on the input."""

import numpy as np
from analytic import softplus


def s6(w, x, s):
    # Gu & Dao 2023, algorithm 2 and section 3.6: A real and diagonal for each channel; B is made
    # discrete by Euler's rule, as in the authors' step function.
    A = -np.exp(w["A"].T)
    dt = softplus(w["Wd"] @ (w["Wl"] @ x) + w["bd"])
    B, C = w["Wb"] @ x, w["Wc"] @ x
    h = np.exp(dt[:, None] * A) * s["S"] + dt[:, None] * B * x[:, None]
    return h @ C + w["py"] * x, {"S": h}


def mamba2(w, x, s):
    # Dao & Gu 2024, section 2 and 7: A is a scalar times the identity.
    dt = softplus(w["Wd"] @ x + w["be"])
    B, C = w["Wb"] @ x, w["Wc"] @ x
    h = np.exp(dt * -np.exp(w["alpha"])) * s["S"] + np.outer(x, dt * B)
    return h @ C + w["skip"] * x, {"S": h}


def s5(w, x, s):
    # Smith et al. 2023, eq. 5-6: zero-order hold with a step for each state; conjugate pairs, so
    # twice the real part. Complex numbers are 2 x 2 matrices here, [unit, 2, 2].
    A, dt = _complex(w["re"], w["im"]), np.exp(w["ld"])
    turn = np.exp(dt * w["re"]), dt * w["im"]
    A_bar = _complex(turn[0] * np.cos(turn[1]), turn[0] * np.sin(turn[1]))
    B_bar = np.linalg.solve(A, A_bar - np.eye(2))
    u = _complex(w["Bs"] @ x, w["Bt"] @ x)
    h = A_bar @ _complex(s["u"], s["v"]) + B_bar @ u
    y = 2 * (w["Cy"] @ h[:, 0, 0] - w["Dy"] @ h[:, 1, 0]) + w["py"] * x
    return y, {"u": h[:, 0, 0], "v": h[:, 1, 0]}


def _complex(real, imaginary):
    return np.stack([np.stack([real, -imaginary], -1), np.stack([imaginary, real], -1)], -2)
