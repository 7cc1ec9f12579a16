"""`RNN(record=…)`: values as they are, and all of the gradient that reaches them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.utils.rnn import pack_sequence

from cellsearch import RNN
from cellsearch.errors import ConfigError
from cellsearch.lang import edit_cell, load_cell

T, B, X, H = 6, 3, 4, 5
DELAYS = """cell delays(x; h, c)
    a  = Wa @ x
    c' = 0.5 * c + delay(a, 2)
    h' = tanh(U @ h + c' + V @ delay(x, 1))
    param U, V
"""


def recording(cell: str, names: str | list[str], layers: int = 1, **how: Any) -> RNN:
    torch.manual_seed(0)
    return RNN(cell, X, H, layers, dtype=torch.float64, record=names, **how)


def inputs() -> Tensor:
    return torch.randn(T, B, X, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_states_are_those_before_and_after_each_step() -> None:
    rnn, x = recording("lstm", ["h", "c", "h'", "c'"], 2), inputs()
    rnn(x)
    recorded, states = dict(rnn.recorded), rnn.start(B)
    for t in range(T):
        for name, before in zip("hc", states, strict=True):
            torch.testing.assert_close(recorded[name][:, t], before)
        _, states = rnn(x[t : t + 1], states)
        for name, after in zip("hc", states, strict=True):
            torch.testing.assert_close(recorded[f"{name}'"][:, t], after)


def test_the_gradient_of_a_state_is_that_of_a_start_in_the_middle() -> None:
    rnn, x, t = recording("lstm", ["h", "c"], 2), inputs(), 2
    loss = rnn(x)[0][-1].square().sum()
    got = torch.autograd.grad(loss, [rnn.recorded["h"], rnn.recorded["c"]])
    _, states = rnn(x[:t])
    begun = [s.detach().requires_grad_() for s in states]
    want = torch.autograd.grad(rnn(x[t:], tuple(begun))[0][-1].square().sum(), begun)
    for one, other in zip(got, want, strict=True):
        torch.testing.assert_close(one[:, t], other)


def test_the_gradient_of_a_gate_leads_to_that_of_its_bias() -> None:
    rnn, x = recording("lstm", ["f"]), inputs()
    loss = rnn(x)[0].square().sum()
    f = rnn.recorded["f"]
    of_gate, of_bias = torch.autograd.grad(loss, [f, rnn.layers[0]["bf"]])  # type: ignore[index]
    torch.testing.assert_close((of_gate * f * (1 - f)).sum((0, 1, 2)), of_bias)


def test_outputs_and_gradients_of_weights_are_as_without() -> None:
    names = ["h", "z", "n", "h'"]
    rnn, x = recording("gru", names, 2, bidirectional=True), inputs()
    plain = RNN("gru", X, H, 2, bidirectional=True, dtype=torch.float64, backend="reference")
    plain.load_state_dict(rnn.state_dict())
    found = []
    for module in (rnn, plain):
        outputs, last = module(x)
        loss = outputs.square().sum()
        found.append((outputs, last, *torch.autograd.grad(loss, list(module.parameters()))))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)
    assert {n: list(r.shape) for n, r in rnn.recorded.items()} == {n: [4, T, B, H] for n in names}


def test_what_depends_on_inputs_alone_and_what_delays_remember() -> None:
    rnn, x = recording(DELAYS, ["a", "delay(a, 1)"]), inputs()
    rnn(x)
    a, before = (rnn.recorded[n][0].detach() for n in ("a", "delay(a, 1)"))
    torch.testing.assert_close(a, x @ rnn.layers[0]["Wa"].detach().T)  # type: ignore[index]
    torch.testing.assert_close(before[1:], a[:-1])


def test_sequences_that_end_earlier_leave_zeros() -> None:
    rnn, x = recording("gru", ["h'"]), inputs()
    rnn(pack_sequence([x[:, 0], x[:2, 1]]))
    short = rnn.recorded["h'"][0, :, 1].detach()
    rnn(x[:2, 1])
    torch.testing.assert_close(short[:2], rnn.recorded["h'"][0, :, 0].detach())
    assert not short[2:].any()


def test_without_gradients_values_are_written_all_the_same() -> None:
    rnn, x = recording("gru", ["z"]), inputs()
    rnn(x)
    want = rnn.recorded["z"]
    with torch.no_grad():
        rnn(x)
    assert not rnn.recorded["z"].requires_grad
    assert torch.equal(rnn.recorded["z"], want)


def test_a_copy_records_too() -> None:
    rnn, x = recording("gru", "h'"), inputs()
    rnn(x)
    twin = copy.deepcopy(rnn)
    assert twin.recorded == {}
    twin(x)
    assert torch.equal(twin.recorded["h'"], rnn.recorded["h'"])


@pytest.mark.parametrize(
    ("name", "edit", "said"),
    [
        ("gate", None, "'lstm' has no state or equation 'gate'; expected one of c, c', f, g, h"),
        ("ff", None, "nearest is 'f'"),
        ("f", "f = 1", "'f' of 'lstm' is 1 at every step; nothing to record"),
        ("f", "f = 0.5 + bf", "'f' of 'lstm' is made of weights alone, the same at every step"),
        ("g", "i = 0", "nothing that the output needs reads 'g' of 'lstm'; it is not computed"),
    ],
)
def test_what_cannot_be_recorded_is_refused(name: str, edit: str | None, said: str) -> None:
    cell = load_cell("lstm")
    with pytest.raises(ConfigError, match=said):
        RNN(edit_cell(cell, [edit]) if edit else cell, X, H, record=[name])
