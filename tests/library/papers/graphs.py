"""Cells of several steps within a step, and those that a search found."""

import numpy as np
from analytic import relu, sigmoid

FUNCTIONS = {"tanh": np.tanh, "relu": relu, "identity": lambda a: a, "sigmoid": sigmoid}


def rhn(w, x, s):
    # Zilly et al. 2017, eq. 6-9, with c = 1 - t; x enters the first of five layers.
    state = s["h"]
    for layer in range(1, 6):
        h = w[f"Ru[{layer}]"] @ state + w[f"bu[{layer}]"]
        t = w[f"Rt[{layer}]"] @ state + w[f"bt[{layer}]"]
        if layer == 1:
            h, t = h + w["Wu"] @ x, t + w["Wt"] @ x
        h, t = np.tanh(h), sigmoid(t)
        state = h * t + state * (1 - t)
    return state, {"h": state}


def enas(w, x, s):
    # Pham et al. 2018, section 2.1, and the arc of the authors' ptb_final.sh: the function of the
    # first node, then (previous node, function) for each further one.
    arc = [0, *(0, 0, 1, 1, 2, 1, 2, 0, 2, 0, 5, 1, 1, 0, 6, 1, 8, 1, 8, 1, 8, 1)]
    names = ["tanh", "relu", "identity", "sigmoid"]
    nodes = [_first(w, x, s["h"], names[arc[0]])]
    previous, functions = arc[1::2], arc[2::2]
    for k, (p, f) in enumerate(zip(previous, functions, strict=True), 1):
        nodes.append(_node(w, k, nodes[p], names[f]))
    loose = [n for k, n in enumerate(nodes) if k not in previous]
    h = sum(loose) / len(loose)
    return h, {"h": h}


def darts(w, x, s):
    # Liu et al. 2019, and DARTS_V2 of the authors' genotypes.py; node 0 is not counted
    # into the mean.
    genotype = [
        *(("sigmoid", 0), ("relu", 1), ("relu", 1), ("identity", 1)),
        *(("tanh", 2), ("sigmoid", 5), ("tanh", 3), ("relu", 5)),
    ]
    nodes = [_first(w, x, s["h"], "tanh")]
    for k, (function, p) in enumerate(genotype, 1):
        nodes.append(_node(w, k, nodes[p], function))
    h = sum(nodes[1:]) / 8
    return h, {"h": h}


def _first(w, x, h, function):
    # [c, u] = W [x, h], as one product.
    joined = np.concatenate([x, h])
    c = sigmoid(np.concatenate([w["Wt0"], w["Ut0"]], axis=1) @ joined)
    u = FUNCTIONS[function](np.concatenate([w["Wu0"], w["Uu0"]], axis=1) @ joined)
    return c * u + (1 - c) * h


def _node(w, k, previous, function):
    c = sigmoid(w[f"Ut{k}"] @ previous)
    return c * FUNCTIONS[function](w[f"Uu{k}"] @ previous) + (1 - c) * previous


def nasbench_1007537(w, x, s):
    # The recipe of the benchmark's log; blend(a, b, c) = a b + (1 - a) c; one bias per linear node.
    h_prev_0, h_prev_1 = s["h"], s["c"]
    node_0 = w["Un0"] @ h_prev_0 + w["Wn0"] @ x + w["bn0"]
    node_1 = sigmoid(node_0)
    node_2 = w["Wn2"] @ x + w["Un2"] @ node_1 + w["bn2"]
    h_new_1 = sigmoid(node_2)
    node_5 = w["Wn5"] @ node_1 + w["Un5"] @ h_new_1 + w["bn5"]
    node_6 = np.tanh(node_5)
    node_7 = _blend(h_prev_1, h_prev_0, node_6)
    h_new_0 = _blend(node_1, node_7, h_new_1)
    return h_new_0, {"h": h_new_0, "c": h_new_1}


def _blend(a, b, c):
    return a * b + (1 - a) * c


def bc3(w, x, s):
    # Schrimpf et al. 2017.
    f = sigmoid(w["Wf"] @ x + w["Uf"] @ s["h"])
    z = (w["Vz"] @ ((w["Xz"] @ x) * (w["Uz"] @ s["c"]))) * (w["Wz"] @ x)
    c = np.tanh(f * (w["Wc"] @ x) + (1 - f) * z)
    o = sigmoid(w["Wo"] @ x + w["Uo"] @ s["h"])
    return o * c, {"h": o * c, "c": c}


def fslstm(w, x, s):
    # Mujika et al. 2017, eq. 1-4 with k = 2: F1 reads x, S reads F1, F2 reads S. Both fast cells
    # pass on one state.
    fast = _lstm(w, 1, x, s["h"], s["c"])
    slow = _lstm(w, 2, fast[0], s["k"], s["d"])
    fast = _lstm(w, 3, slow[0], *fast)
    return fast[0], {"h": fast[0], "c": fast[1], "k": slow[0], "d": slow[1]}


def _lstm(w, n, x, h, c):
    i, f, g, o = (w[f"W{g}{n}"] @ x + w[f"U{g}{n}"] @ h + w[f"b{g}{n}"] for g in "ifgo")
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c
