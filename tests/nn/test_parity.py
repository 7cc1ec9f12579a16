"""`RNN` gives what `torch.nn.RNN`, `LSTM` and `GRU` give: outputs, states, every gradient."""

import itertools

import pytest
import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence
from vendor import MODULES, copy_weights, gradients

from cellsearch import RNN
from cellsearch.testing.shares import one_in

torch.set_num_threads(1)

X, H, T, B = 5, 7, 6, 4
FORMS = {
    "batch": None,
    "batch_first": None,
    "unbatched": None,
    "sorted": [6, 4, 4, 1],
    "unsorted": [2, 6, 1, 5],
}
TOLERANCE = 1e-12


def relative(got, want):
    assert got.shape == want.shape
    return float(((got - want).abs().max() / want.abs().max()).detach())


def leaf(*shape, generator):
    return torch.randn(*shape, dtype=torch.float64, generator=generator).requires_grad_()


def as_tuple(states):
    return states if isinstance(states, tuple) else (states,)


def call(module, form, x, states):
    """Outputs and states of a module that is given x in this form."""
    given = None if states is None else states[0] if len(states) == 1 else states
    if FORMS[form] is None:
        out, last = module(x, given)
        return out, as_tuple(last)
    packed = pack_padded_sequence(x, FORMS[form], enforce_sorted=form == "sorted")
    out, last = module(packed, given)
    assert isinstance(out, PackedSequence)
    for a, b in zip(out[1:], packed[1:], strict=True):
        assert (a is None and b is None) or torch.equal(a, b)
    return out.data, as_tuple(last)


def run(module, form, x, states, mix):
    """What it gives, and the gradients of x and the states, for a random sum of all of it."""
    leaves = [x, *(states or ())]
    for each in leaves:
        each.grad = None
    out, last = call(module, form, x, states)
    parts = [out, *last]
    generator = torch.Generator().manual_seed(mix)
    sum(
        (p * torch.randn(p.shape, dtype=p.dtype, generator=generator)).sum() for p in parts
    ).backward()
    return parts, [each.grad for each in leaves]


def make_pair(cell, generator, **options):
    theirs = MODULES[cell](X, H, dtype=torch.float64, **options)
    with torch.no_grad():
        for p in theirs.parameters():
            p.copy_(torch.randn(p.shape, dtype=torch.float64, generator=generator) / 2)
    ours = RNN(cell, X, H, dtype=torch.float64, **options)
    copy_weights(cell, theirs, ours)
    return theirs, ours


@pytest.mark.parametrize(
    ("cell", "layers", "bidirectional", "form", "bias", "given"),
    one_in(
        5,
        itertools.product(MODULES, (1, 2, 3), (False, True), FORMS, (True, False), (True, False)),
    ),
)
def test_agrees_with_torch(cell, layers, bidirectional, form, bias, given):
    g = torch.Generator().manual_seed(layers)
    theirs, ours = make_pair(
        cell,
        g,
        num_layers=layers,
        bidirectional=bidirectional,
        bias=bias,
        batch_first=form == "batch_first",
    )
    lead = {"unbatched": (T,), "batch_first": (B, T)}.get(form, (T, B))
    x = leaf(*lead, X, generator=g)
    batch = () if form == "unbatched" else (B,)
    rows = layers * (1 + bidirectional)
    number = 2 if cell == "lstm" else 1
    states = tuple(leaf(rows, *batch, H, generator=g) for _ in range(number)) if given else None

    want, want_gradients = run(theirs, form, x, states, mix=1)
    got, got_gradients = run(ours, form, x, states, mix=1)

    for a, b in zip(got + got_gradients, want + want_gradients, strict=True):
        assert relative(a, b) < TOLERANCE
    theirs_by_name = {n: p.grad for n, p in theirs.named_parameters()}
    ours_by_name = gradients(cell, ours, bias)
    assert ours_by_name.keys() == theirs_by_name.keys()
    for name, want_gradient in theirs_by_name.items():
        assert relative(ours_by_name[name], want_gradient) < TOLERANCE, name


def test_a_projected_lstm_agrees_with_torch():
    g = torch.Generator().manual_seed(0)
    theirs = torch.nn.LSTM(X, 8, num_layers=2, proj_size=4, dtype=torch.float64)
    cell = """cell lstmp(x; h: P, c)
    const P = H // 2
    i  = sigmoid(Wi @ x + Ui @ h + bi)
    f  = sigmoid(Wf @ x + Uf @ h + bf)
    g  = tanh(Wg @ x + Ug @ h + bg)
    o  = sigmoid(Wo @ x + Uo @ h + bo)
    c' = f * c + i * g
    h' = Ph @ (o * tanh(c'))
"""
    ours = RNN(cell, X, 8, num_layers=2, dtype=torch.float64)
    copy_weights("lstm", theirs, ours)
    with torch.no_grad():
        for i, layer in enumerate(ours.layers):
            layer["Ph"].copy_(getattr(theirs, f"weight_hr_l{i}"))
    x = leaf(T, B, X, generator=g)
    states = leaf(2, B, 4, generator=g), leaf(2, B, 8, generator=g)
    want, want_gradients = run(theirs, "batch", x, states, mix=1)
    got, got_gradients = run(ours, "batch", x, states, mix=1)
    for a, b in zip(got + got_gradients, want + want_gradients, strict=True):
        assert relative(a, b) < TOLERANCE


@pytest.mark.parametrize("cell", MODULES)
def test_takes_the_place_of_torch_in_a_program(cell):
    """The same positional arguments, and the attributes that programs read."""
    theirs = MODULES[cell](X, H, 2, batch_first=True, dropout=0.1, bidirectional=True)
    ours = RNN(cell, X, H, 2, True, True, 0.1, True)
    ours.flatten_parameters()
    assert theirs.extra_repr().removeprefix("5, 7, ") in ours.extra_repr()
    names = "input_size hidden_size num_layers bias batch_first dropout bidirectional training"
    for name in names.split():
        assert getattr(ours, name) == getattr(theirs, name)
    x = torch.randn(B, T, X)
    out, states = ours(x)
    want, want_states = theirs(x)
    assert out.shape == want.shape
    for a, b in zip(as_tuple(states), as_tuple(want_states), strict=True):
        assert a.shape == b.shape
