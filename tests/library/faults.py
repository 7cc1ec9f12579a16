"""Where torchrecurrent's cells are not the papers', written as edits of ours, which are."""

from typing import NamedTuple

import torchrecurrent as tr
from twin import Twin
from twins import HC, TORCHRECURRENT, same, stacked


class Fault(NamedTuple):
    """Edits of our cell that make it torchrecurrent's."""

    edits: list[str]
    twin: Twin
    tolerance: float = 1e-10


def by_default(name, **weights):
    """The twin, made without options, with further weights."""
    twin = TORCHRECURRENT[name]
    return Twin(twin.make, {**twin.weights, **weights}, twin.states)


BISTABLE = "h' = c * h + (1 - c) * tanh(Wh @ x + a * h + bh)"
HARD_SIGMOID = "z = hard_sigmoid(Wz @ x + Uz @ h + bz)"

FAULTS = {
    # The gate is tanh by default, where docstring and paper have the sigmoid.
    "fastgrnn": Fault(["z = tanh(a + bz)"], by_default("fastgrnn")),
    "indrnn": Fault(["h' = tanh(Wh @ x + ph * h + bh)"], by_default("indrnn")),
    # The slope is 1/6, where Keras had 0.2, and u has a bias. torch's gradient of that slope is
    # rounded to float32.
    "sgu": Fault(
        [HARD_SIGMOID, "u = tanh(Uu @ (a * h) + bu)"], by_default("sgu", bias_hh="bu -"), 1e-7
    ),
    "dsgu": Fault(
        [HARD_SIGMOID, "u = tanh(Uu @ (a * h) + bu)"], by_default("dsgu", bias_hh="bu -"), 1e-7
    ),
    # There is a bias where paper and authors have none.
    "atr": Fault(["p = Wp @ x + bp"], by_default("atr", bias_ih="bp")),
    "brc": Fault([BISTABLE], by_default("brc", bias_ih="- - bh")),
    "nbrc": Fault([BISTABLE], by_default("nbrc", bias_ih="- - bh")),
    "cfn": Fault(["h' = u * tanh(h) + v * tanh(Wh @ x + bh)"], by_default("cfn", bias_ih="- - bh")),
    "lightru": Fault(["n = tanh(Wn @ x + bn)"], by_default("lightru", bias_ih="bn -")),
    "mlstm_krause": Fault(
        ["m = (Wm @ x + bm) * (Um @ h + cm)", "param cm"],
        by_default("mlstm_krause", bias_ih="bm - - - -", bias_hh="cm"),
    ),
    "trnn": Fault(["z = Wz @ x + bz"], by_default("trnn", bias_ih="bz bf")),
    "wmclstm": Fault(
        [
            "i = sigmoid(Wi @ x + Ui @ h + bi + tanh(Mi @ c + ci))",
            "f = sigmoid(Wf @ x + Uf @ h + bf + tanh(Mf @ c + cf))",
            "o = sigmoid(Wo @ x + Uo @ h + bo + tanh(Mo @ c' + co))",
            "param ci, cf, co",
        ],
        by_default("wmclstm", bias_mh="ci cf co"),
    ),
    # A constant is trained.
    "janet": Fault(
        ["param beta: scalar = 1"],
        Twin(tr.JANETCell, {**stacked("s n"), **same("beta")}, ("h", "h")),
    ),
    # h reads the old c.
    "lem": Fault(
        ["h' = (1 - a) * h + a * tanh(Wh @ x + Vh @ c + bh)"],
        Twin(
            tr.LEMCell,
            {
                "weight_ih": "Wa Wd Wc Wh",
                "weight_hh": "Ua Ud Uc",
                "weight_ch": "Vh",
                "bias_ih": "ba bd bc bh",
            },
            HC,
        ),
    ),
    # The raw input is projected.
    "mut1": Fault(
        ["n = tanh(Un @ (r * h) + tanh(Wn @ x) + bn)"],
        Twin(
            tr.MUT1Cell,
            {
                "weight_ih": "Wz Wr Wn",
                "weight_hh": "Ur Un",
                "bias_ih": "bz - -",
                "bias_hh": "br bn",
            },
        ),
    ),
    "mut2": Fault(["r = sigmoid(Wr @ x + Ur @ h + br)"], Twin(tr.MUT2Cell, stacked("z r n"))),
    # The fourth gate adds.
    "nascell": Fault(
        ["l3 = relu(W3 @ x + U3 @ h)"],
        Twin(
            tr.NASCell,
            {k: stacked("0 1 2 3 4 5 6 7")[k] for k in ("weight_ih", "weight_hh")},
            HC,
        ),
    ),
    # What recurs is the output, of tanh, and a constant is trained.
    "scrn": Fault(
        [
            "g = sigmoid(Ph @ s' + Wh @ x + Uh @ h)",
            "h' = tanh(Uy @ g + Vy @ s')",
            "output h'",
            "param alpha: scalar = 0.95",
        ],
        Twin(
            tr.SCRNCell,
            {"weight_ih": "Ws Wh", "weight_hh": "Uh Uy", "weight_ch": "Ph Vy", **same("alpha")},
            ("h", "s"),
        ),
    ),
}

# What their docstrings say and their code does not do.
DOCSTRINGS = {
    "cornn": ["c' = (c + dt * (tanh(Wc @ x + Uc @ h + Vc @ c + bc) - gamma * h)) / (1 + dt * eps)"],
    "mut3": ["z = sigmoid(Wz @ x + Uz @ h + bz)"],
    "wmclstm": [
        "i = sigmoid(Wi @ x + Ui @ h + bi + Mi @ c)",
        "f = sigmoid(Wf @ x + Uf @ h + bf + Mf @ c)",
        "g = tanh(Wg @ x + bg)",
        "o = sigmoid(Wo @ x + Uo @ h + bo + Mo @ c')",
    ],
}

# What a scalar starts at: here, as in the paper's code, and in torchrecurrent.
STARTS = {
    ("fastrnn", "alpha"): (-3, 3),
    ("fastrnn", "beta"): (3, -3),
    ("fastgrnn", "zeta"): (1, 3),
    ("fastgrnn", "nu"): (-4, -3),
}
