"""Counted FLOPs of matrix products agree with what torch's flop counter sees on the meta device."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from cellsearch import RNN
from cellsearch.derive.cost import count
from cellsearch.lang import library, parse_cell
from cellsearch.testing.cases import make_case
from cellsearch.testing.shares import one_in

CELLS = library()
T, B = 2, 3

torch.set_num_threads(1)


def counted(case):
    first = next(iter(case.graph.inputs))
    widths = {first: case.sizes["X"]}
    return count(case.graph, widths, case.sizes["H"], case.space)


def meta_module(case):
    size = (case.sizes["X"], *case.space) if case.space else case.sizes["X"]
    return RNN(case.cell, size, case.sizes["H"], device="meta")


def seen(call):
    with FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops()


@pytest.mark.parametrize("name", list(CELLS))
def test_forward_flops_are_what_torch_counts(name):
    case = make_case(CELLS[name])
    rnn = meta_module(case)
    x = torch.empty(T, B, case.sizes["X"], *case.space, device="meta")
    assert seen(lambda: rnn(x)) == T * B * counted(case).flops_forward


@pytest.mark.parametrize("name", one_in(3, CELLS))
def test_training_flops_are_what_torch_counts(name):
    case = make_case(CELLS[name])
    rnn = meta_module(case)
    x = torch.empty(T, B, case.sizes["X"], *case.space, device="meta", requires_grad=True)
    states = rnn.start(B)
    states = states if isinstance(states, tuple) else (states,)
    for s in states:
        s.requires_grad_()

    def step():
        out, last = rnn(x, states[0] if len(states) == 1 else states)
        last = last if isinstance(last, tuple) else (last,)
        sum(t.sum() for t in (out, *last)).backward()

    assert seen(step) == T * B * counted(case).flops_training


@pytest.mark.parametrize("name", list(CELLS))
def test_parameters_and_state_are_those_of_the_module(name):
    case = make_case(CELLS[name])
    rnn = meta_module(case)
    cost = counted(case)
    assert cost.parameters == sum(p.numel() for p in rnn.parameters())
    states = rnn.start(1)
    states = states if isinstance(states, tuple) else (states,)
    assert cost.state_size == sum(s.numel() for s in states)


@pytest.mark.parametrize(("name", "module"), [("lstm", torch.nn.LSTM), ("gru", torch.nn.GRU)])
def test_torchs_own_modules_count_the_same(name, module):
    case = make_case(CELLS[name])
    x = torch.empty(T, B, case.sizes["X"], device="meta")
    theirs = module(case.sizes["X"], case.sizes["H"], device="meta")
    assert seen(lambda: theirs(x)) == T * B * counted(case).flops_forward


def test_products_of_weights_alone_are_made_once_a_sequence_and_not_counted():
    text = "cell factored(x; h)\n    A: (H, H) = P @ Q\n    h' = tanh(W @ x + A @ h)\n"
    case = make_case(parse_cell(text + "    param P: (H, 2)\n    param Q, W\n"))
    x = torch.empty(T, B, case.sizes["X"], device="meta")
    h = case.sizes["H"]
    per_token = 2 * h * case.sizes["X"] + 2 * h * h
    assert counted(case).flops_forward == per_token
    rnn = meta_module(case)
    assert seen(lambda: rnn(x)) == T * B * per_token + 2 * h * 2 * h


def test_layers_directions_and_packed_rows_add_up():
    rnn = RNN("lstm", 5, 7, num_layers=2, bidirectional=True, device="meta")
    lengths = torch.tensor([4, 2, 1])
    rows = torch.nn.utils.rnn.pack_padded_sequence(torch.zeros(4, 3, 5), lengths).to("meta")
    below, above = (8 * 7 * (width + 7) for width in (5, 14))
    assert seen(lambda: rnn(rows)) == 7 * 2 * (below + above)
