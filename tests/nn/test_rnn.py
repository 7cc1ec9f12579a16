"""The face of `RNN`: names, shapes, forms of calls, and what happens to what does not fit."""

import copy
import io
import pickle

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence

from cellsearch import RNN
from cellsearch.errors import LanguageError
from cellsearch.lang import load_cell, parse_cell

torch.set_num_threads(1)

X, H, T, B = 5, 6, 4, 3

ODD_NAMES = """cell odd(x; h)
    a    = tanh(W @ x + bias + T @ h)
    u[1] = tanh(Ru[1] @ a + bu[1])
    h'   = u[1] + to * h + training
    param W, T, bias, to, training
"""
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


# Weights


def test_weights_bear_the_cells_names():
    rnn = RNN("lstm", X, H, num_layers=2, bidirectional=True)
    assert rnn.layers[0]["Wi"].shape == (H, X)
    assert rnn.layers[1]["Wi"].shape == (H, 2 * H)
    assert rnn.layers[0].Wi is rnn.layers[0]["Wi"] is rnn.layers[0].forward["Wi"]
    assert rnn.layers[0].reverse["Wi"] is not rnn.layers[0]["Wi"]
    assert list(rnn.layers[0])[:3] == ["Wi", "Ui", "bi"]


def test_any_name_is_a_weights_name():
    rnn = RNN(ODD_NAMES, X, H)
    weights = rnn.layers[0]
    assert {*weights} == {"W", "bias", "T", "Ru[1]", "bu[1]", "to", "training"}
    assert weights["to"].shape == weights["training"].shape == (H,)
    assert weights["Ru[1]"].shape == (H, H)
    # Taken names keep the meaning that they have for every module.
    assert weights.training is True and callable(weights.to)
    assert "layers.0.forward.to" in rnn.state_dict()
    assert rnn.double().layers[0]["to"].dtype == torch.float64
    assert rnn.eval().layers[0].training is False
    assert weights["training"].requires_grad


def test_an_unknown_weight_is_named():
    with pytest.raises(KeyError, match="no weight 'Wx'; there are Wh, Uh, bh"):
        RNN("rnn", X, H).layers[0]["Wx"]
    with pytest.raises(AttributeError, match="Wx"):
        RNN("rnn", X, H).layers[0].Wx  # noqa: B018


def test_state_dict_says_layer_direction_and_name():
    rnn = RNN("rnn", X, H, num_layers=2, bidirectional=True)
    assert list(rnn.state_dict()) == [
        f"layers.{i}.{d}.{n}"
        for i in (0, 1)
        for d in ("forward", "reverse")
        for n in ("Wh", "Uh", "bh")
    ]
    assert rnn.get_parameter("layers.1.reverse.Wh") is rnn.layers[1].reverse["Wh"]


def test_weights_are_saved_and_loaded():
    one, other = RNN("gru", X, H, 2), RNN("gru", X, H, 2)
    x = sequences(T, B, X)
    file = io.BytesIO()
    torch.save(one.state_dict(), file)
    file.seek(0)
    assert not torch.equal(one(x)[0], other(x)[0])
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(one(x)[0], other(x)[0])
    with pytest.raises(RuntimeError, match=r"layers\.0\.forward\.Wi"):
        other.load_state_dict(RNN("lstm", X, H, 2).state_dict())


@pytest.mark.parametrize("again", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_runs_and_is_apart(again):
    rnn = RNN("lstm", X, H)
    x = sequences(T, B, X)
    want = rnn(x)[0]
    twin = again(rnn)
    assert torch.equal(twin(x)[0], want)
    with torch.no_grad():
        twin.layers[0]["Wi"].zero_()
    assert torch.equal(rnn(x)[0], want)
    assert not torch.equal(twin(x)[0], want)


def test_a_deep_cell_is_copied():
    text = "cell deep(x; h)\n    s[0] = h\n    repeat k = 1..400\n"
    text += "        s[k] = tanh(s[k - 1])\n    h' = s[400] + W @ x\n    param W\n"
    rnn = RNN(text, X, H)
    x = sequences(T, B, X)
    assert torch.equal(copy.deepcopy(rnn)(x)[0], rnn(x)[0])


def test_functional_call_reaches_every_weight():
    rnn, x = RNN("lstm", X, H, 2, bidirectional=True), sequences(T, B, X)
    zeros = {n: torch.zeros_like(p) for n, p in rnn.named_parameters()}
    assert rnn(x)[0].abs().max() > 0
    assert torch.func.functional_call(rnn, zeros, (x,))[0].abs().max() == 0


def test_dtype_and_meta_device():
    rnn = RNN("lstm", X, H).to(torch.float64)
    out, (h, c) = rnn(sequences(T, B, X, dtype=torch.float64))
    assert out.dtype == h.dtype == c.dtype == torch.float64
    meta = RNN(DELAYS, X, H, 2, bidirectional=True, device="meta")
    out, states = meta(torch.empty(T, B, X, device="meta"))
    assert out.is_meta and out.shape == (T, B, 2 * H) and states[0].is_meta


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
        for weights in (layer.forward, layer.reverse):
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


# reset_parameters


def keyed(layer, direction, name):
    seed = hash((layer, direction == "reverse", sum(map(ord, name)))) % 2**32
    return torch.Generator().manual_seed(seed)


def test_keyed_draws_do_not_depend_on_other_weights():
    lstm, fewer = RNN("lstm", X, H, 2), RNN("lstm", X, H, 2)
    lstm.reset_parameters(keyed)
    less = "cell less(x; h, c)\n    f = sigmoid(Wf @ x + Uf @ h + bf)\n"
    less += "    g = tanh(Wg @ x + Ug @ h + bg)\n    c' = f * c + g\n    h' = tanh(c')\n"
    fewer = RNN(less, X, H, 2)
    fewer.reset_parameters(keyed)
    for i in (0, 1):
        for name in fewer.layers[i]:
            assert torch.equal(fewer.layers[i][name], lstm.layers[i][name])
    assert not torch.equal(lstm.layers[0]["Ui"], lstm.layers[1]["Ui"])


def test_keyed_draws_leave_the_global_generator_alone():
    rnn = RNN("lstm", X, H)
    before = torch.get_rng_state()
    rnn.reset_parameters(keyed)
    assert torch.equal(torch.get_rng_state(), before)
    rnn.reset_parameters()
    assert not torch.equal(torch.get_rng_state(), before)


def test_draws_obey_the_initial_law():
    torch.manual_seed(0)
    rnn = RNN("lstm_b", 40, 100)
    drawn = rnn.layers[0]["Ui"]
    assert drawn.abs().max() <= 0.1 and drawn.abs().max() > 0.0999
    assert abs(drawn.mean()) < 0.002 and abs(drawn.std() - 0.1 / 3**0.5) < 0.001
    assert (rnn.layers[0]["bf"] == 1).all() and (rnn.layers[0]["bi"] == 0).all()


def test_a_start_may_be_another_weights():
    text = "cell chrono(x; h)\n    i = sigmoid(Wi @ x + bi)\n    f = sigmoid(Wf @ x + bf)\n"
    text += "    h' = f * h + i\n    init bf = log(uniform(1, 99))\n    init bi = -bf\n"
    weights = RNN(text, X, H).layers[0]
    assert torch.equal(weights["bi"], -weights["bf"])
    assert (weights["bf"] >= 0).all() and len(weights["bf"].unique()) == H


def test_an_orthogonal_start_is_orthogonal():
    text = "cell o(x; h)\n    h' = tanh(W @ x + U @ h)\n    param W, U\n    init U = orthogonal\n"
    u = RNN(text, X, H, dtype=torch.float64).layers[0]["U"]
    torch.testing.assert_close(u @ u.T, torch.eye(H, dtype=torch.float64))
