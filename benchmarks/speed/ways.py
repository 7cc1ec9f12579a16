"""Ways to run an LSTM, a GRU and a plain RNN, all with the same weights."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from cellsearch import RNN

Run = Callable[[Tensor], Tensor]

VENDOR = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
GATES = {"lstm": "ifgo", "gru": "rzn", "rnn": "h"}
_CELLS = {"lstm": nn.LSTMCell, "gru": nn.GRUCell, "rnn": nn.RNNCell}


def ways(cell: str, width: int, hidden: int) -> dict[str, Run]:
    """Each maps an input [T, B, X] to outputs [T, B, H]; torch.nn is the first."""
    ours = RNN(cell, width, hidden, backend="cpu")
    eager = RNN(cell, width, hidden, backend="reference")
    eager.load_state_dict(ours.state_dict())
    w = ours.layers[0].forwards()
    vendor = _filled(VENDOR[cell](width, hidden), cell, w, "_l0")
    single = _filled(_CELLS[cell](width, hidden), cell, w, "")
    hand = _BY_HAND[cell]
    return {
        "torch.nn": lambda x: vendor(x)[0],
        "cellsearch": lambda x: ours(x)[0],
        "eager reference": lambda x: eager(x)[0],
        "loop of torch.nn cells": lambda x: _loop(single, x, cell),
        "loop of linears": lambda x: hand(w, x),
    }


@torch.no_grad()
def _filled(module: nn.Module, cell: str, w: dict[str, Tensor], suffix: str) -> nn.Module:
    for kind, letter in (("weight_ih", "W"), ("weight_hh", "U"), ("bias_ih", "b")):
        parts = [w[f"{letter}{g}"] for g in GATES[cell]]
        getattr(module, kind + suffix).copy_(torch.cat(parts))
    getattr(module, "bias_hh" + suffix).zero_()
    if cell == "gru":
        getattr(module, "bias_hh" + suffix)[-len(w["cn"]) :] = w["cn"]
    return module


def _loop(module: nn.Module, x: Tensor, cell: str) -> Tensor:
    state, outputs = None, []
    for step in x.unbind():
        state = module(step, state)
        outputs.append(state[0] if cell == "lstm" else state)
    return torch.stack(outputs)


def _lstm(w: dict[str, Tensor], x: Tensor) -> Tensor:
    h = c = x.new_zeros(x.shape[1], len(w["bi"]))
    outputs = []
    for step in x.unbind():
        i, f, g, o = (linear(step, w[f"W{k}"]) + linear(h, w[f"U{k}"], w[f"b{k}"]) for k in "ifgo")
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        outputs.append(h)
    return torch.stack(outputs)


def _gru(w: dict[str, Tensor], x: Tensor) -> Tensor:
    h = x.new_zeros(x.shape[1], len(w["br"]))
    outputs = []
    for step in x.unbind():
        r, z = (
            torch.sigmoid(linear(step, w[f"W{k}"]) + linear(h, w[f"U{k}"], w[f"b{k}"]))
            for k in "rz"
        )
        n = torch.tanh(linear(step, w["Wn"], w["bn"]) + r * linear(h, w["Un"], w["cn"]))
        h = (1 - z) * n + z * h
        outputs.append(h)
    return torch.stack(outputs)


def _rnn(w: dict[str, Tensor], x: Tensor) -> Tensor:
    h = x.new_zeros(x.shape[1], len(w["bh"]))
    outputs = []
    for step in x.unbind():
        h = torch.tanh(linear(step, w["Wh"]) + linear(h, w["Uh"], w["bh"]))
        outputs.append(h)
    return torch.stack(outputs)


_BY_HAND = {"lstm": _lstm, "gru": _gru, "rnn": _rnn}


def floor(cell: str, steps: int, batch: int, width: int, hidden: int) -> Callable[[], None]:
    """The matrix products of a training step alone, each as one product over all steps."""
    gates = len(GATES[cell]) * hidden
    rows = steps * batch
    x, h, d = torch.randn(rows, width), torch.randn(rows, hidden), torch.randn(rows, gates)
    w, u = torch.randn(gates, width), torch.randn(gates, hidden)
    to = {n: torch.empty(rows, n) for n in {width, hidden, gates}}
    dw, du = torch.empty(gates, width), torch.empty(gates, hidden)

    def products() -> None:
        torch.mm(x, w.T, out=to[gates])
        torch.mm(h, u.T, out=to[gates])
        torch.mm(d, w, out=to[width])
        torch.mm(d, u, out=to[hidden])
        torch.mm(d.T, x, out=dw)
        torch.mm(d.T, h, out=du)

    return products


def training_step(run: Run, x: Tensor, up: Tensor) -> Callable[[], None]:
    """Forward, and backward from `up`; gradients of weights are added up by all ways alike."""

    def step() -> None:
        x.grad = None
        run(x).backward(up)

    return step


def check(runs: dict[str, Run], x: Tensor) -> float:
    """The largest relative difference of outputs and input gradients from those of the first."""
    found = []
    for run in runs.values():
        leaf = x.detach().clone().requires_grad_()
        out = run(leaf)
        out.square().sum().backward()
        found.append((out.detach(), leaf.grad))
    worst = 0.0
    for other in found[1:]:
        for got, want in zip(other, found[0], strict=True):
            worst = max(worst, float((got - want).abs().max() / want.abs().max()))
    assert worst < 1e-4, f"numerics differ by {worst}: no speed is told"
    return worst
