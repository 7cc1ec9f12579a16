"""The reference backend beside an LSTM's loop that is written by hand, and beside `nn.LSTM`.

python benchmarks/loop_by_hand.py [--rounds 21]

The three share their weights, and nothing is timed before outputs and gradients agree. Processor
time of one thread, the median over rounds that take turns.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from cellsearch import RNN

GATES = "ifgo"
# X, H, T, B
SIZES = ((64, 64, 100, 1), (64, 64, 35, 32), (256, 256, 35, 32))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    print("ms for forward / forward and backward")
    for width, hidden, steps, batch in SIZES:
        rnn, x = RNN("lstm", width, hidden), torch.randn(steps, batch, width)
        theirs = _vendor(rnn)
        ways = {
            "reference": lambda x, rnn=rnn: rnn(x)[0],
            "by hand": lambda x, rnn=rnn: _by_hand(rnn, x),
            "nn.LSTM": lambda x, theirs=theirs: theirs(x)[0],
        }
        _check(ways, x)
        print(f"X = {width}, H = {hidden}, T = {steps}, B = {batch}: ", end="")
        print(", ".join(_timed(ways, x, rounds)))


def _by_hand(rnn: RNN, x: Tensor) -> Tensor:
    w = rnn.layers[0]
    h = c = x.new_zeros(x.shape[1], rnn.hidden_size)
    of_inputs = [linear(x, w[f"W{k}"]).unbind() for k in GATES]
    of_states = [(w[f"U{k}"], w[f"b{k}"]) for k in GATES]
    outputs = []
    for step in zip(*of_inputs, strict=True):
        i, f, g, o = (a + linear(h, u) + b for a, (u, b) in zip(step, of_states, strict=True))
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        outputs.append(h)
    return torch.stack(outputs)


@torch.no_grad()
def _vendor(rnn: RNN) -> nn.LSTM:
    w, theirs = rnn.layers[0], nn.LSTM(rnn.input_size, rnn.hidden_size)
    for kind, letter in (("weight_ih", "W"), ("weight_hh", "U"), ("bias_ih", "b")):
        getattr(theirs, f"{kind}_l0").copy_(torch.cat([w[f"{letter}{k}"] for k in GATES]))
    theirs.bias_hh_l0.zero_()
    return theirs


def _check(ways: dict[str, Callable[[Tensor], Tensor]], x: Tensor) -> None:
    found = []
    for run in ways.values():
        leaf = x.clone().requires_grad_()
        out = run(leaf)
        out.square().sum().backward()
        found.append((out, leaf.grad))
    for other in found[1:]:
        torch.testing.assert_close(other, found[0], rtol=1e-4, atol=1e-5)


def _timed(ways: dict[str, Callable[[Tensor], Tensor]], x: Tensor, rounds: int) -> list[str]:
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, run in ways.items():
            with torch.no_grad():
                forward = _milliseconds(lambda run=run: run(x))
            training = _milliseconds(lambda run=run: run(x).sum().backward())
            samples[name].append((forward, training))
    # The first round warms up.
    columns = {name: zip(*of[1:], strict=True) for name, of in samples.items()}
    return [f"{name} {' / '.join(f'{median(c):.2f}' for c in of)}" for name, of in columns.items()]


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1e3


if __name__ == "__main__":
    main()
