"""Dropout between layers, and noise that a cell writes itself."""

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence

from cellsearch import RNN

torch.set_num_threads(1)

H, T, B = 8, 5, 4
# Its output is its input, as long as u is what it starts as: 0.
THROUGH = "cell through(x; h)\n    h' = x + u * h\n    needs X = H\n    param u\n"


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def noisy(*lines, hidden=H):
    text = "\n    ".join(["cell noisy(x; h)", *lines, "param u", "needs X = H"])
    return RNN(text + "\n", hidden, hidden)


def run(rnn, steps=T, batch=B, seed=0, x=None):
    x = torch.ones(steps, batch, rnn.hidden_size) if x is None else x
    return rnn(x, generator=generator(seed))[0].detach()


# Between layers


def test_dropout_between_layers_draws_for_each_step():
    rnn = RNN(THROUGH, H, H, num_layers=2, dropout=0.5)
    out = run(rnn)
    assert set(out.unique().tolist()) == {0, 2}
    assert all(not torch.equal(out[t], out[0]) for t in range(1, T))
    # Units apart, too.
    assert len({tuple(row.tolist()) for row in out.flatten(0, 1)}) > T * B // 2


def test_variational_dropout_draws_once_for_each_sequence():
    rnn = RNN(THROUGH, H, H, num_layers=2, dropout=0.5, variational=True)
    out = run(rnn)
    assert set(out.unique().tolist()) == {0, 2}
    assert torch.equal(out, out[:1].expand(T, B, H))
    assert len({tuple(row.tolist()) for row in out[0]}) == B
    assert not torch.equal(out, run(rnn, seed=1))


def test_variational_dropout_follows_packed_sequences():
    rnn = RNN(THROUGH, H, H, num_layers=2, dropout=0.5, variational=True)
    lengths = [2, 5, 3, 4]
    packed = pack_padded_sequence(torch.ones(T, B, H), lengths, enforce_sorted=False)
    out, _ = rnn(packed, generator=generator())
    padded, _ = torch.nn.utils.rnn.pad_packed_sequence(out)
    masks = [padded[:n, b] for b, n in enumerate(lengths)]
    assert all(torch.equal(m, m[:1].expand_as(m)) for m in masks)
    assert len({tuple(m[0].tolist()) for m in masks}) == B


def test_each_of_the_layers_below_has_its_own_mask_and_the_last_has_none():
    one, three = RNN(THROUGH, H, H, dropout=0.5), RNN(THROUGH, H, H, 3, dropout=0.5)
    assert (run(one) == 1).all()
    # Two masks: 0, or 2 * 2.
    assert set(run(three, steps=50).unique().tolist()) == {0, 4}
    share = run(three, steps=2000).eq(0).float().mean()
    assert abs(share - 0.75) < 0.01


@pytest.mark.parametrize("variational", [False, True])
def test_dropout_between_layers_is_off_in_evaluation(variational):
    rnn = RNN(THROUGH, H, H, num_layers=2, dropout=0.5, variational=variational).eval()
    assert (run(rnn) == 1).all()


# In cells


def test_each_written_dropout_draws_its_own_mask_at_every_step():
    out = run(noisy("h' = dropout(x, 0.5) + 10 * dropout(x, 0.5) + u * h"), steps=20)
    assert set(out.unique().tolist()) == {0, 2, 20, 22}
    assert len({tuple(step.flatten().tolist()) for step in out}) == 20


def test_a_name_shares_its_mask():
    out = run(noisy("a = dropout(x, 0.5)", "h' = a + 10 * a + u * h"), steps=20)
    assert set(out.unique().tolist()) == {0, 22}


def test_rounds_draw_masks_of_their_own():
    body = ["s[0] = 0 * x", "repeat k = 1..2", "    s[k] = 10 * s[k - 1] + dropout(x, 0.5)"]
    out = run(noisy(*body, "h' = s[2] + u * h"), steps=20)
    assert set(out.unique().tolist()) == {0, 2, 20, 22}


def test_dropout_of_what_states_decide_draws_at_every_step():
    out = run(noisy("h' = dropout(x + u * h, 0.5)"), steps=20)
    assert set(out.unique().tolist()) == {0, 2}
    assert len({tuple(step.flatten().tolist()) for step in out}) == 20


def test_dropout_of_a_vector_weight_draws_at_every_step_for_every_sequence():
    out = run(noisy("h' = dropout(b, 0.5) * x + u * h", "param b = 1"), steps=20)
    assert set(out.unique().tolist()) == {0, 2}
    assert len({tuple(row.tolist()) for row in out.flatten(0, 1)}) > 60


def test_a_dropped_matrix_is_drawn_once_for_a_call():
    rnn = noisy("h' = dropout(W, 0.5) @ x + u * h", "param W = 1", hidden=16)
    out = run(rnn)
    assert torch.equal(out, out[:1, :1].expand_as(out))
    assert not torch.equal(out, run(rnn, seed=1))
    assert (run(rnn.eval()) == 16).all()


def test_dropout_keeps_the_expectation():
    rnn = noisy("h' = dropout(x, 0.3) + u * h")
    out = run(rnn, steps=500, batch=50)
    # 200,000 draws: the standard error is 0.0015.
    assert abs(out.mean() - 1) < 0.006
    assert abs(out.eq(0).float().mean() - 0.3) < 0.005
    assert (run(rnn.eval()) == 1).all()


def test_zoneout_keeps_old_units_with_its_probability():
    rnn = noisy("h' = zoneout(h + x, h, 0.3) + u * h")
    out = run(rnn, steps=500, batch=50)
    steps = out.diff(dim=0)
    assert set(steps.unique().tolist()) == {0, 1}
    assert abs(steps.eq(0).float().mean() - 0.3) < 0.005
    # Each sequence and step has a mask of its own.
    assert len({tuple(row.tolist()) for row in steps[:20].flatten(0, 1)}) > 60
    evaluated = run(rnn.eval(), steps=3)
    torch.testing.assert_close(evaluated[:, 0, 0], torch.tensor([0.7, 1.4, 2.1]))


def test_layers_and_directions_draw_apart():
    text = THROUGH.replace("x + ", "dropout(x, 0.5) + ")
    out = run(RNN(text, H, H, bidirectional=True))
    assert not torch.equal(out[..., :H], out[..., H:])


def test_gradients_pass_through_masks():
    rnn = noisy("h' = dropout(x, 0.5) + u * h")
    x = torch.ones(T, B, H, requires_grad=True)
    out, _ = rnn(x, generator=generator())
    out.sum().backward()
    assert torch.equal(x.grad, out.detach())


# Generators

NOISY = [
    lambda: noisy("h' = zoneout(dropout(x, 0.5) + h, h, 0.3) + u * h"),
    lambda: noisy("h' = dropout(W, 0.5) @ x + u * h", "param W = 1"),
    lambda: RNN(THROUGH, H, H, num_layers=2, dropout=0.5),
    lambda: RNN(THROUGH, H, H, num_layers=2, dropout=0.5, variational=True),
]


@pytest.mark.parametrize("make", NOISY)
def test_a_generator_decides_and_the_global_one_is_left_alone(make):
    rnn = make()
    before = torch.get_rng_state()
    first = run(rnn, seed=3)
    assert torch.equal(run(rnn, seed=3), first)
    assert not torch.equal(run(rnn, seed=4), first)
    assert torch.equal(torch.get_rng_state(), before)
    rnn(torch.ones(T, B, H))
    assert not torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("make", NOISY)
def test_evaluation_draws_nothing(make):
    rnn = make().eval()
    g = generator()
    before = g.get_state()
    rnn(torch.ones(T, B, H), generator=g)
    assert torch.equal(g.get_state(), before)
