"""Which cell of which library each of ours is held against, and how they call the weights."""

import torch
import torchrecurrent as tr
from twin import Twin

HC = ("h", "c")


def same(names):
    """Weights that both call alike."""
    return {n: n for n in names.split()}


def stacked(letters):
    """The weights of equations that have all three, W, U and b, in their order."""
    theirs = {"weight_ih": "W", "weight_hh": "U", "bias_ih": "b"}
    return {n: " ".join(kind + e for e in letters.split()) for n, kind in theirs.items()}


LSTM = stacked("i f g o")


class KerasHardSigmoid(torch.nn.Module):
    def forward(self, a):
        return torch.clip(0.2 * a + 0.5, 0, 1)


class ProjectedLSTMCell(torch.nn.Module):
    """One step of `torch.nn.LSTM(proj_size=H // 2)`."""

    def __init__(self, x, h, **options):
        super().__init__()
        self.lstm = torch.nn.LSTM(x, h, proj_size=h // 2, **options)

    def forward(self, x, states):
        _, after = self.lstm(x[None], tuple(s[None] for s in states))
        return tuple(s[0] for s in after)


class RememberingTauGRUCell(tr.tauGRUCell):
    """Keeps the three states before h, as torchrecurrent's layer does with delay=3."""

    def forward(self, x, states):
        h, h1, h2, h3 = states
        return super().forward(x, h, h3), h, h1, h2


TORCH = {
    "rnn": Twin(torch.nn.RNNCell, stacked("h")),
    "lstm": Twin(torch.nn.LSTMCell, LSTM, HC),
    "lstm_b": Twin(torch.nn.LSTMCell, LSTM, HC),
    "lstm_chrono": Twin(torch.nn.LSTMCell, LSTM, HC),
    "greff_np": Twin(torch.nn.LSTMCell, LSTM, HC),
    # In evaluation, where nothing is dropped.
    "lstm_semeniuta": Twin(torch.nn.LSTMCell, LSTM, HC),
    "lstmp": Twin(
        ProjectedLSTMCell,
        {f"lstm.{n}_l0": ours for n, ours in {**LSTM, "weight_hr": "Ph"}.items()},
        HC,
    ),
    "gru": Twin(torch.nn.GRUCell, {**stacked("r z n"), "bias_hh": "- - cn"}),
}

TORCHRECURRENT = {
    "antisymmetric": Twin(
        tr.AntisymmetricRNNCell,
        {"weight_ih": "Wh", "weight_hh": "U", "bias_ih": "bh"},
        options={"epsilon": 0.01, "gamma": 0.01},
    ),
    "antisymmetric_gated": Twin(
        tr.GatedAntisymmetricRNNCell,
        {"weight_ih": "Wz Wh", "weight_hh": "U", "bias_ih": "bz bh"},
        options={"epsilon": 0.01, "gamma": 0.01},
    ),
    "atr": Twin(tr.ATRCell, {"weight_ih": "Wp", "weight_hh": "Uq", "bias_hh": "bq"}),
    "brc": Twin(tr.BRCell, {"weight_ih": "Wa Wc Wh", "weight_hh": "pa pc", "bias_hh": "ba bc"}),
    "nbrc": Twin(tr.NBRCell, {"weight_ih": "Wa Wc Wh", "weight_hh": "Ua Uc", "bias_hh": "ba bc"}),
    "cfn": Twin(tr.CFNCell, {"weight_ih": "Wu Wv Wh", "weight_hh": "Uu Uv", "bias_hh": "bu bv"}),
    "cornn": Twin(
        tr.coRNNCell,
        {"weight_ih": "Wc", "weight_hh": "Uc", "weight_ch": "Vc", "bias_ih": "bc"},
        HC,
        {"dt": 0.042, "gamma": 2.7, "epsilon": 4.7},
    ),
    "sgu": Twin(
        tr.SGUCell,
        {"weight_ih": "Wa Wz", "weight_hh": "Uu Uz", "bias_ih": "ba bz"},
        options={"gate_nonlinearity": KerasHardSigmoid()},
    ),
    "dsgu": Twin(
        tr.DSGUCell,
        {"weight_ih": "Wa Wz", "weight_hh": "Uu Uz", "weight_ho": "Uv", "bias_ih": "ba bz"},
        options={"gate_nonlinearity": KerasHardSigmoid()},
    ),
    "fastrnn": Twin(tr.FastRNNCell, {**stacked("n"), **same("alpha beta")}),
    "fastgrnn": Twin(
        tr.FastGRNNCell,
        {"weight_ih": "Wa", "weight_hh": "Ua", "bias_ih": "bz bn", **same("zeta nu")},
        options={"nonlinearity": "sigmoid"},
    ),
    "gru_chung": Twin(tr.MUT2Cell, stacked("z r n")),
    "indrnn": Twin(
        tr.IndRNNCell,
        {"weight_ih": "Wh", "vector_u": "ph", "bias_ih": "bh"},
        options={"nonlinearity": "relu"},
    ),
    "intersection": Twin(tr.IntersectionRNNCell, stacked("yi hi gy gh")),
    "janet": Twin(tr.JANETCell, stacked("s n"), ("h", "h"), {"beta": 1.0}),
    "lightru": Twin(tr.LightRUCell, {"weight_ih": "Wn Wf", "weight_hh": "Uf", "bias_hh": "bf"}),
    "ligru": Twin(tr.LiGRUCell, stacked("z n")),
    "lstm_1997": Twin(tr.OriginalLSTMCell, stacked("i g o"), HC),
    "lstm_peephole": Twin(tr.PeepholeLSTMCell, {**LSTM, "weight_ph": "pi pf po"}, HC),
    "mclstm": Twin(tr.MCLSTMCell, stacked("f i o m n"), ("v", "c")),
    "mgu": Twin(tr.MGUCell, stacked("f n")),
    "minimalrnn": Twin(
        tr.MinimalRNNCell,
        {
            "weight_ih": "Wz",
            "weight_hh": "Uu",
            "weight_mm": "Vu",
            "bias_ih": "bz",
            "bias_hh": "bu",
        },
    ),
    "miru1": Twin(tr.MiRU1Cell, stacked("r n")),
    "miru2": Twin(tr.MiRU2Cell, stacked("n")),
    "mlstm_krause": Twin(
        tr.MultiplicativeLSTMCell,
        {
            "weight_ih": "Wm Wi Wf Wg Wo",
            "weight_hh": "Um",
            "weight_mh": "Vi Vf Vg Vo",
            "bias_mh": "bi bf bg bo",
        },
        HC,
    ),
    "mut3": Twin(tr.MUT3Cell, stacked("z r n")),
    "ran": Twin(
        tr.RANCell, {"weight_ih": "Wg Wi Wf", "weight_hh": "Ui Uf", "bias_ih": "bi bf"}, HC
    ),
    "reslstm": Twin(
        tr.ResLSTMCell,
        {**LSTM, "weight_ph": "pi pf po", "weight_proj": "Ph", "weight_res": "Wh"},
        HC,
    ),
    "sgrn": Twin(
        tr.SGRNCell, {"weight_ih": "Wa", "weight_hh": "Uf", "bias_ih": "ba", "bias_hh": "bf"}
    ),
    "star": Twin(tr.STARCell, {"weight_ih": "Wz Wk", "weight_hh": "Uk", "bias_ih": "bz bk"}),
    "taugru": Twin(
        RememberingTauGRUCell,
        stacked("u z g a"),
        ("h", "delay(h', 2)", "delay(h', 3)", "delay(h', 4)"),
    ),
    "tgru": Twin(
        tr.TGRUCell,
        {"weight_ih": "Wz Wf Wo", "weight_hh": "Vz Vf Vo", "bias_ih": "bz bf bo"},
        ("h", "delay(x, 1)"),
    ),
    "tlstm": Twin(
        tr.TLSTMCell,
        {"weight_ih": "Wz Wf Wo", "weight_hh": "Vz Vf Vo", "bias_ih": "bz bf bo"},
        ("c", "delay(x, 1)"),
    ),
    "trnn": Twin(tr.TRNNCell, {"weight_ih": "Wz Wf", "bias_ih": "- bf"}),
    "ugrnn": Twin(tr.UGRNNCell, stacked("n g")),
    "unicornn": Twin(
        tr.UnICORNNCell,
        {"weight_ih": "Wz", "weight_hh": "pz", "weight_ch": "ps", "bias_ih": "bz"},
        ("h", "z"),
        {"dt": 0.1, "alpha": 1.0},
    ),
    "wmclstm": Twin(tr.WMCLSTMCell, {**LSTM, "weight_mh": "Mi Mf Mo"}, HC),
}

TWINS = {**TORCH, **TORCHRECURRENT}
