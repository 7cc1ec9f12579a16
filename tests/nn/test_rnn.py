"""The face of `RNN`: cells, forms of calls, states and their starts."""

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence

from cellsearch import RNN
from cellsearch.errors import LanguageError, ShapeError
from cellsearch.lang import load_cell, parse_cell

torch.set_num_threads(1)

X, H, T, B = 5, 6, 4, 3

SCALAR = """cell scalar_state(x; h, m: scalar, S: (H, 3))
    k: 3 = Wk @ x
    m'   = max(m, mean(h))
    S'   = 0.5 * S + outer(h, k)
    h'   = tanh(W @ x + S @ k + m')
"""
TWO_INPUTS = """cell two(x, v; h)
    h' = tanh(W @ x + V @ v + U @ h)
    param W, V, U
"""
DELAYS = """cell delays(x; h, c)
    a  = Wa @ x
    c' = 0.5 * c + delay(a, 2)
    h' = tanh(U @ h + c' + V @ delay(x, 1))
    param U, V
"""
HEADS = """cell heads(x; h)
    h' = tanh(W @ x + block(U, 2) @ h)
    param W, U
"""
LEARNED = """cell with_start(x; h, m: scalar)
    h' = tanh(W @ x + U @ h + m')
    m' = max(m, -1)
    init h = learned
    init m = -inf
    param W, U
"""


def sequences(*sizes, dtype=torch.float32):
    return torch.randn(*sizes, dtype=dtype, generator=torch.Generator().manual_seed(0))


def same(a, b):
    a, b = (t if isinstance(t, tuple) else (t,) for t in (a, b))
    return len(a) == len(b) and all(map(torch.equal, a, b))


# The cell


def test_a_cell_by_name_text_path_and_object(tmp_path):
    text = "cell mine(x; h)\n    h' = tanh(W @ x + U @ h)\n    param W, U\n"
    path = tmp_path / "mine.cell"
    path.write_text(text)
    for source in (text, path, str(path), parse_cell(text)):
        assert RNN(source, X, H).cell == parse_cell(text)
    assert RNN("gru", X, H).cell == load_cell("gru")
    with pytest.raises(LanguageError, match="nearest is 'lstm'"):
        RNN("lstmm", X, H)


def test_consts_are_those_of_each_layers_own_sizes():
    text = "cell scaled(x; h)\n    const s = X\n    h' = s * (W @ x) + U @ h\n    param W, U\n"
    rnn = RNN(text, 2, 3, num_layers=2, dtype=torch.float64)
    with torch.no_grad():
        for p in rnn.parameters():
            p.fill_(1.0)
    # 2 * (1 + 1) = 4, and above it 3 * (4 + 4 + 4) = 36.
    out, _ = rnn(torch.ones(1, 1, 2, dtype=torch.float64))
    assert out.flatten().tolist() == [36.0] * 3


# Calls


def test_a_lone_state_is_a_tensor_and_several_are_a_tuple():
    x = sequences(T, B, X)
    assert isinstance(RNN("gru", X, H)(x)[1], torch.Tensor)
    assert isinstance(RNN("gru", X, H).start(B), torch.Tensor)
    assert isinstance(RNN("lstm", X, H)(x)[1], tuple)


@pytest.mark.parametrize("cell", ["lstm", "gru", HEADS])
def test_a_batch_of_no_sequences(cell):
    rnn = RNN(cell, X, H, num_layers=2, dropout=0.5, bidirectional=True)
    out, states = rnn(sequences(T, 0, X))
    assert out.shape == (T, 0, 2 * H)
    states = states if isinstance(states, tuple) else (states,)
    assert {s.shape for s in states} == {(4, 0, H)}
    out.sum().backward()
    assert all((p.grad == 0).all() for p in rnn.parameters())
    with pytest.raises(ShapeError, match="at least one step"):
        rnn(sequences(0, X))


def test_states_of_every_kind_have_their_shapes():
    rnn = RNN(SCALAR, X, H, 2, bidirectional=True)
    out, states = rnn(sequences(T, B, X))
    assert out.shape == (T, B, 2 * H)
    assert [tuple(s.shape) for s in states] == [(4, B, H), (4, B, 1), (4, B, H, 3)]
    assert [s.shape for s in rnn.start(B)] == [s.shape for s in states]
    one, alone = rnn(sequences(T, X))
    assert one.shape == (T, 2 * H)
    assert [tuple(s.shape) for s in alone] == [(4, H), (4, 1), (4, H, 3)]


def test_what_delays_remember_stands_after_the_headers_states():
    rnn = RNN(DELAYS, X, X)
    x = sequences(T, B, X)
    _, states = rnn(x)
    assert [s.name for s in rnn.graph.states] == [
        "h",
        "c",
        "delay(a, 1)",
        "delay(a, 2)",
        "delay(x, 1)",
    ]
    a = x @ rnn.layers[0]["Wa"].T
    torch.testing.assert_close(states[2][0], a[-1])
    torch.testing.assert_close(states[3][0], a[-2])
    assert torch.equal(states[4][0], x[-1])


@pytest.mark.parametrize("layers", [1, 3])
def test_a_sequence_in_pieces_is_the_sequence(layers):
    # X is narrower than H in the first layer, wider than nothing above it: states are padded.
    rnn = RNN(DELAYS, X, H, layers, dtype=torch.float64)
    x = sequences(7, B, X, dtype=torch.float64)
    want, last = rnn(x)
    pieces, states = [], None
    for part in x.split([2, 1, 4]):
        out, states = rnn(part, states)
        pieces.append(out)
    torch.testing.assert_close(torch.cat(pieces), want, rtol=1e-13, atol=1e-14)
    for a, b in zip(states, last, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-13, atol=1e-14)


def test_what_is_narrower_than_the_widest_layer_ends_in_zeros():
    rnn = RNN(DELAYS, X, H, 2)
    _, states = rnn(sequences(T, B, X))
    remembered = states[4]
    assert remembered.shape == (2, B, H)
    assert remembered[0, :, X:].abs().max() == 0 and remembered[1, :, X:].abs().max() > 0
    # What stands there is not read.
    poisoned = remembered.clone()
    poisoned[0, :, X:] = float("nan")
    out, _ = rnn(sequences(T, B, X), (*states[:4], poisoned))
    assert out.isfinite().all()


def test_several_inputs_in_every_form():
    rnn = RNN(TWO_INPUTS, {"v": 4, "x": X}, H, num_layers=2, bidirectional=True)
    x, v = sequences(T, B, X), sequences(B, 4)
    whole, _ = rnn((x, v))
    assert torch.equal(rnn((x, v.expand(T, B, 4)))[0], whole)
    assert torch.allclose(rnn((x[:, 1], v[1]))[0], whole[:, 1], atol=1e-6)
    assert torch.allclose(rnn((x[:, 1], v[1].expand(T, 4)))[0], whole[:, 1], atol=1e-6)
    lengths = [2, 4, 3]
    packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
    want, want_states = rnn((packed, v))
    steps = pack_padded_sequence(v.expand(T, B, 4), lengths, enforce_sorted=False)
    got, states = rnn((packed, steps))
    assert torch.equal(got.data, want.data) and same(states, want_states)
    for b, n in enumerate(lengths):
        alone, own = rnn((x[:n, b], v[b]))
        assert torch.allclose(own, want_states[:, b], atol=1e-6)
        assert alone.shape == (n, 2 * H)


def test_an_input_may_be_multiplied_by_another():
    masked = RNN(
        "cell a(x, m; h)\n    needs X.m = X\n    h' = W @ (m * x) + U @ h\n", {"x": X, "m": X}, H
    )
    plain = RNN("cell a(x; h)\n    h' = W @ x + U @ h\n", X, H)
    plain.load_state_dict(masked.state_dict())
    x, m = sequences(T, B, X), sequences(T, B, X)
    assert torch.allclose(masked((x, m))[0], plain(m * x)[0], atol=1e-6)
    with pytest.raises(LanguageError, match=r"needs X\.m = X, got 2 and"):
        RNN(masked.cell, {"x": X, "m": 2}, H)


def test_an_input_of_one_unit_weighs_all():
    text = "cell a(x, v; h)\n    needs X.v = 1\n    s: scalar = v\n    h' = s * (W @ x) + U @ h\n"
    weighed = RNN(text, {"x": X, "v": 1}, H)
    plain = RNN("cell a(x; h)\n    h' = W @ x + U @ h\n", X, H)
    plain.load_state_dict(weighed.state_dict())
    x, v = sequences(T, B, X), sequences(T, B, 1)
    assert torch.allclose(weighed((x, v))[0], plain(v * x)[0], atol=1e-6)


def test_batch_first_takes_several_inputs():
    rnn = RNN(TWO_INPUTS, {"x": X, "v": 4}, H)
    first = RNN(TWO_INPUTS, {"x": X, "v": 4}, H, batch_first=True)
    first.load_state_dict(rnn.state_dict())
    x, v = sequences(T, B, X), sequences(T, B, 4)
    want, state = rnn((x, v))
    got, same_state = first((x.transpose(0, 1), v.transpose(0, 1)))
    assert torch.equal(got.transpose(0, 1), want) and torch.equal(state, same_state)


def test_filters():
    cell = """cell convgru(x; h)
    r  = sigmoid(conv(Wr, 3) @ x + conv(Ur, 3) @ h + br)
    z  = sigmoid(conv(Wz, 3) @ x + conv(Uz, 3) @ h + bz)
    n  = tanh(conv(Wn, 3) @ x + conv(Un, 3) @ (r * h) + bn)
    h' = (1 - z) * h + z * n
"""
    rnn = RNN(cell, (2, 5, 7), H, num_layers=2, bidirectional=True)
    assert rnn.layers[0]["Wr"].shape == (H, 2, 3, 3)
    assert rnn.layers[1]["Wr"].shape == (H, 2 * H, 3, 3)
    assert rnn.layers[0]["br"].shape == (H,)
    out, state = rnn(sequences(T, B, 2, 5, 7))
    assert out.shape == (T, B, 2 * H, 5, 7) and state.shape == (4, B, H, 5, 7)
    one, _ = rnn(sequences(T, B, 2, 5, 7)[:, 0])
    assert torch.allclose(one, out[:, 0], atol=1e-6)
    with pytest.raises(LanguageError, match=r"input_size is \(channels, height, width\)"):
        RNN(cell, 5, H)


# Starts


def test_a_learned_start_gets_gradients():
    rnn = RNN(LEARNED, X, H, num_layers=2, bidirectional=True)
    rnn(sequences(T, B, X))[0].square().sum().backward()
    for layer in rnn.layers:
        for weights in (layer.forwards, layer.backwards):
            assert weights["h[0]"].shape == (H,)
            assert weights["h[0]"].grad.abs().max() > 0


def test_a_given_state_leaves_the_learned_start_alone():
    rnn = RNN(LEARNED, X, H)
    rnn(sequences(T, B, X), rnn.start(B))[0].sum().backward()
    assert rnn.layers[0]["h[0]"].grad is not None
    rnn.zero_grad()
    rnn(sequences(T, B, X), (torch.zeros(1, B, H), torch.zeros(1, B, 1)))[0].sum().backward()
    assert rnn.layers[0]["h[0]"].grad is None


def test_starts_have_their_values():
    h, m = RNN(LEARNED, X, H, num_layers=2).start(B)
    assert h.shape == (2, B, H) and h.abs().max() == 0
    assert m.shape == (2, B, 1) and (m == -float("inf")).all()
    (h, c) = RNN(DELAYS + "    init h = 0.25\n    init c = ramp\n", X, H).start(B)[:2]
    assert (h == 0.25).all()
    torch.testing.assert_close(c[0, 1], torch.linspace(0, 1, H))


def test_a_cell_without_weights():
    text = "cell leaky(x; h)\n    needs X = H\n    h' = 0.5 * h + x\n"
    for dtype in (torch.float32, torch.float64):
        out, h = RNN(text, H, H)(torch.ones(2, B, H, dtype=dtype))
        assert out.dtype == h.dtype == dtype
        assert h.unique().tolist() == [1.5]
