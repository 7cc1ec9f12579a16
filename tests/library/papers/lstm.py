"""The LSTM's ablations and its relatives."""

import numpy as np
from analytic import layernorm, minimum, sigmoid


def _peephole(w, gate, x, y, c):
    """A gate's sum in Greff et al. 2017: W x + R y + p . c + b."""
    return w[f"W{gate}"] @ x + w[f"U{gate}"] @ y + w[f"p{gate}"] * c + w[f"b{gate}"]


def _candidate(w, x, y):
    return w["Wg"] @ x + w["Ug"] @ y + w["bg"]


def _vanilla(w, x, s, *, i=None, f=None, o=None, g=np.tanh, h=np.tanh):
    """Greff et al. 2017, section II, with gates or activations replaced."""
    y, c = s["h"], s["c"]
    z = g(_candidate(w, x, y))
    i = sigmoid(_peephole(w, "i", x, y, c)) if i is None else i
    f = sigmoid(_peephole(w, "f", x, y, c)) if f is None else f
    c = z * i + c * f
    o = sigmoid(_peephole(w, "o", x, y, c)) if o is None else o
    y = h(c) * o
    return y, {"h": y, "c": c}


def _linear(a):
    return a


def greff_nig(w, x, s):
    return _vanilla(w, x, s, i=1)


def greff_nfg(w, x, s):
    return _vanilla(w, x, s, f=1)


def greff_nog(w, x, s):
    return _vanilla(w, x, s, o=1)


def greff_niaf(w, x, s):
    return _vanilla(w, x, s, g=_linear)


def greff_noaf(w, x, s):
    return _vanilla(w, x, s, h=_linear)


def greff_cifg(w, x, s):
    i = sigmoid(_peephole(w, "i", x, s["h"], s["c"]))
    return _vanilla(w, x, s, i=i, f=1 - i)


def greff_fgr(w, x, s):
    before = {g: s[f"delay({g}, 1)"] for g in "ifo"}

    def gate(to, c):
        recurrent = sum(w[f"R{g}{to}"] @ before[g] for g in "ifo")
        return sigmoid(_peephole(w, to, x, s["h"], c) + recurrent)

    i, f = gate("i", s["c"]), gate("f", s["c"])
    z = np.tanh(_candidate(w, x, s["h"]))
    c = z * i + s["c"] * f
    o = gate("o", c)
    y = np.tanh(c) * o
    return y, {"h": y, "c": c, "delay(i, 1)": i, "delay(f, 1)": f, "delay(o, 1)": o}


def _jozefowicz(w, x, s, without):
    """Jozefowicz et al. 2015: the LSTM, with a gate at 1."""
    i, f, o = (
        1 if g == without else sigmoid(w[f"W{g}"] @ x + w[f"U{g}"] @ s["h"] + w[f"b{g}"])
        for g in "ifo"
    )
    j = np.tanh(_candidate(w, x, s["h"]))
    c = s["c"] * f + i * j
    h = np.tanh(c) * o
    return h, {"h": h, "c": c}


def lstm_f(w, x, s):
    return _jozefowicz(w, x, s, without="f")


def lstm_i(w, x, s):
    return _jozefowicz(w, x, s, without="i")


def lstm_o(w, x, s):
    return _jozefowicz(w, x, s, without="o")


def _lstm(w, x, h, c):
    """The plain LSTM, its four sums at once."""
    rows = [np.concatenate([w[f"W{g}"], w[f"U{g}"]], axis=1) for g in "ifog"]
    sums = np.concatenate(rows) @ np.concatenate([x, h])
    i, f, o, j = np.split(sums + np.concatenate([w[f"b{g}"] for g in "ifog"]), 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(j)
    h = sigmoid(o) * np.tanh(c)
    return h, {"h": h, "c": c}


def mogrifier_lstm(w, x, s):
    # Melis et al. 2020, eq. 1-2: odd rounds change x, even rounds h, five in all.
    h = s["h"]
    for r in range(1, 6):
        k = (r + 1) // 2
        if r % 2:
            x = 2 * sigmoid(w[f"Qu[{k}]"] @ h + w[f"bu[{k}]"]) * x
        else:
            h = 2 * sigmoid(w[f"Rv[{k}]"] @ x + w[f"bv[{k}]"]) * h
    return _lstm(w, x, h, s["c"])


def mogrifier_lstm_lowrank(w, x, s):
    # The matrices are products of two of rank 4: Q = Q_left Q_right.
    whole = {f"Qu[{k}]": w[f"Qu[{k}]"] @ w[f"Aq[{k}]"] for k in (1, 2, 3)}
    whole |= {f"Rv[{k}]": w[f"Rv[{k}]"] @ w[f"Ar[{k}]"] for k in (1, 2)}
    return mogrifier_lstm({**w, **whole}, x, s)


def lamb(w, x, s):
    # Melis et al. 2018: the input gate is capped, the output projected.
    i, f, o = (sigmoid(w[f"W{g}"] @ x + w[f"U{g}"] @ s["h"] + w[f"b{g}"]) for g in "ifo")
    j = np.tanh(w["Wj"] @ x + w["Uj"] @ s["h"] + w["bj"])
    c = f * s["c"] + minimum(1 - f, i) * j
    h = w["Ph"] @ (o * np.tanh(c))
    return h, {"h": h, "c": c}


def lnlstm_ba(w, x, s):
    # Ba et al. 2016, the supplement's LSTM: LN(W_h h) + LN(W_x x) + b over all 4 H sums.
    def of(kind):
        return np.concatenate([w[kind + g] for g in "fiog"])

    from_x = of("s") * layernorm(of("Wx") @ x)
    from_h = of("t") * layernorm(of("Uh") @ s["h"])
    f, i, o, g = np.split(from_h + from_x + of("b"), 4)
    c = sigmoid(f) * s["c"] + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(w["sc"] * layernorm(c) + w["bh"])
    return h, {"h": h, "c": c}


def lnlstm(w, x, s):
    # The same with statistics of each gate.
    def gate(k, g):
        normal = w[f"s{k}"] * layernorm(w[f"W{g}"] @ x), w[f"t{k}"] * layernorm(w[f"U{g}"] @ s["h"])
        return sum(normal) + w[f"b{g}"]

    i, f, g, o = (gate(k, g) for k, g in enumerate("ifgo", start=1))
    c = sigmoid(f) * s["c"] + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(w["s5"] * layernorm(c) + w["bh"])
    return h, {"h": h, "c": c}
