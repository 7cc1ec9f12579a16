"""The weights of `RNN`: names, `state_dict`, copies, devices, initial draws."""

import copy
import io
import pickle

import pytest
import torch
from torch.nn.utils import parametrize, prune

from cellsearch import RNN
from cellsearch.errors import ShapeError

torch.set_num_threads(1)

X, H, T, B = 5, 6, 4, 3

ODD_NAMES = """cell odd(x; h)
    a    = tanh(W @ x + bias + T @ h)
    u[1] = tanh(Ru[1] @ a + bu[1])
    h'   = u[1] + to * h + training
    param W, T, bias, to, training
"""
DELAYS = """cell delays(x; h, c)
    a  = Wa @ x
    c' = 0.5 * c + delay(a, 2)
    h' = tanh(U @ h + c' + V @ delay(x, 1))
    param U, V
"""


def sequences(*sizes, dtype=torch.float32):
    return torch.randn(*sizes, dtype=dtype, generator=torch.Generator().manual_seed(0))


def test_weights_bear_the_cells_names():
    rnn = RNN("lstm", X, H, num_layers=2, bidirectional=True)
    assert rnn.layers[0]["Wi"].shape == (H, X)
    assert rnn.layers[1]["Wi"].shape == (H, 2 * H)
    assert rnn.layers[0].Wi is rnn.layers[0]["Wi"] is rnn.layers[0].forwards["Wi"]
    assert rnn.layers[0].backwards["Wi"] is not rnn.layers[0]["Wi"]
    assert list(rnn.layers[0])[:3] == ["Wi", "Ui", "bi"]


def test_any_name_is_a_weights_name():
    rnn = RNN(ODD_NAMES, X, H)
    weights = rnn.layers[0]
    assert {*weights} == {"W", "bias", "T", "Ru[1]", "bu[1]", "to", "training"}
    assert weights["to"].shape == weights["training"].shape == (H,)
    assert weights["Ru[1]"].shape == (H, H)
    # Taken names keep the meaning that they have for every module.
    assert weights.training is True and callable(weights.to)
    assert "layers.0.forwards.to" in rnn.state_dict()
    assert rnn.double().layers[0]["to"].dtype == torch.float64
    assert rnn.eval().layers[0].training is False
    assert weights["training"].requires_grad


def test_loaded_weights_take_the_place_of_others_whatever_they_are_called():
    rnn, other = RNN(ODD_NAMES, X, H), RNN(ODD_NAMES, X, H)
    rnn.load_state_dict(other.state_dict(), assign=True)
    assert rnn.training is True and rnn.layers[0].forwards.training is True
    for name in other.layers[0]:
        assert torch.equal(rnn.layers[0][name], other.layers[0][name])


def test_a_weight_may_be_parametrized():
    rnn, x = RNN("lstm", X, H), sequences(T, B, X)
    want = rnn(x)[0]
    torch.nn.utils.parametrizations.weight_norm(rnn.layers[0].forwards, "Ui")
    torch.testing.assert_close(rnn(x)[0], want)
    rnn(x)[0].sum().backward()
    size = rnn.layers[0].forwards.parametrizations["Ui"].original0
    assert size.grad.abs().max() > 0
    with torch.no_grad():
        size.zero_()
    assert rnn.layers[0]["Ui"].abs().max() == 0
    assert not torch.equal(rnn(x)[0], want)


def test_a_weight_may_be_another_parameter():
    rnn, x = RNN("lstm", X, H, num_layers=2), sequences(T, B, X)
    rnn.layers[1].Ui = rnn.layers[0].Ui
    assert rnn.layers[1]["Ui"] is rnn.layers[0]["Ui"]
    rnn(x)[0].sum().backward()
    assert len(list(rnn.parameters())) == 2 * 12 - 1


def test_a_subclass_may_have_parameters_of_another_dtype():
    rnn = RNN("lstm", X, H)
    rnn.register_parameter("scale", torch.nn.Parameter(torch.ones(1, dtype=torch.float64)))
    assert rnn(sequences(T, B, X))[0].dtype == rnn.start(B)[0].dtype == torch.float32


def test_a_pruned_weight_is_trained_under_its_mask():
    rnn, x = RNN("lstm", X, H), sequences(T, B, X)
    prune.l1_unstructured(rnn.layers[0].forwards, "Ui", amount=0.5)
    for _ in range(2):
        before = rnn(x)[0]
        before.square().sum().backward()
        with torch.no_grad():
            for p in rnn.parameters():
                p -= 0.1 * p.grad
    assert not torch.equal(rnn(x)[0], before)
    pruned = rnn.layers[0].forwards
    assert torch.equal(pruned["Ui"], pruned.Ui_orig * pruned.Ui_mask)
    assert (pruned["Ui"] == 0).sum() == H * H // 2


def test_weights_are_computed_once_in_a_call():
    calls = []

    class Counted(torch.nn.Module):
        def forward(self, w):
            calls.append(len(calls))
            return w

    rnn = RNN("lstm", X, H)
    parametrize.register_parametrization(rnn.layers[0].forwards, "Ui", Counted())
    calls.clear()
    rnn(sequences(T, B, X))
    assert len(calls) == 1


def test_new_draws_reach_what_a_weight_is_computed_from():
    rnn, same = RNN("lstm", X, H), RNN("lstm", X, H)
    torch.nn.utils.parametrizations.weight_norm(rnn.layers[0].forwards, "Ui")
    rnn.reset_parameters(keyed)
    same.reset_parameters(keyed)
    torch.testing.assert_close(rnn.layers[0]["Ui"], same.layers[0]["Ui"])
    prune.random_unstructured(same.layers[0].forwards, "Ui", amount=0.5)
    with pytest.raises(ShapeError, match="'Ui' is computed by a hook"):
        same.reset_parameters()


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
        for d in ("forwards", "backwards")
        for n in ("Wh", "Uh", "bh")
    ]
    assert rnn.get_parameter("layers.1.backwards.Wh") is rnn.layers[1].backwards["Wh"]


@pytest.mark.skipif(
    torch.torch_version.TorchVersion(torch.__version__) < "2.10",
    reason="torch.export of torch before 2.10 cannot follow what a module reads at its start",
)
def test_a_module_is_exported():
    # What is traced runs as eager torch.
    rnn, x = RNN("lstm", X, H, 2, bidirectional=True), sequences(T, B, X)
    torch.testing.assert_close(torch.export.export(rnn, (x,)).module()(x)[0], rnn(x)[0])


def test_weights_are_saved_and_loaded():
    one, other = RNN("gru", X, H, 2), RNN("gru", X, H, 2)
    x = sequences(T, B, X)
    file = io.BytesIO()
    torch.save(one.state_dict(), file)
    file.seek(0)
    assert not torch.equal(one(x)[0], other(x)[0])
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(one(x)[0], other(x)[0])
    with pytest.raises(RuntimeError, match=r"layers\.0\.forwards\.Wi"):
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
    rnn = RNN(text, X, H, backend="reference")
    x = sequences(T, B, X)
    assert torch.equal(copy.deepcopy(rnn)(x)[0], rnn(x)[0])


def test_functional_call_reaches_every_weight():
    rnn, x = RNN("lstm", X, H, 2, bidirectional=True), sequences(T, B, X)
    zeros = {n: torch.zeros_like(p) for n, p in rnn.named_parameters()}
    assert rnn(x)[0].abs().max() > 0
    assert torch.func.functional_call(rnn, zeros, (x,))[0].abs().max() == 0


def test_stacked_modules_run_as_one():
    modules = [RNN("gru", X, H, 2) for _ in range(3)]
    weights, _ = torch.func.stack_module_state(modules)
    shell, x = RNN("gru", X, H, 2, device="meta"), sequences(T, B, X)
    out = torch.vmap(lambda w: torch.func.functional_call(shell, w, (x,))[0])(weights)
    for own, module in zip(out, modules, strict=True):
        torch.testing.assert_close(own, module(x)[0])


def test_dtype_and_meta_device():
    rnn = RNN("lstm", X, H).to(torch.float64)
    out, (h, c) = rnn(sequences(T, B, X, dtype=torch.float64))
    assert out.dtype == h.dtype == c.dtype == torch.float64
    meta = RNN(DELAYS, X, H, 2, bidirectional=True, device="meta")
    out, states = meta(torch.empty(T, B, X, device="meta"))
    assert out.is_meta and out.shape == (T, B, 2 * H) and states[0].is_meta


def test_starts_and_draws_are_right_on_any_device():
    text = "cell ramped(x; h)\n    h' = tanh(W @ x + w * h)\n    init h = w * ramp + 1\n"
    text += "    param W, w\n"
    meta = RNN(text, X, H, device="meta")
    assert meta(torch.empty(T, B, X, device="meta"))[0].is_meta
    # Whatever tensors are made on if nothing is said.
    with torch.device("meta"):
        rnn = RNN(text, X, H, device="cpu")
        rnn.reset_parameters(keyed)
        start = rnn.start(B)
    same = RNN(text, X, H)
    same.reset_parameters(keyed)
    assert torch.equal(rnn.layers[0]["W"], same.layers[0]["W"])
    assert torch.equal(start, same.start(B))


# Initial draws


def keyed(layer, direction, name):
    seed = hash((layer, direction == "backwards", sum(map(ord, name)))) % 2**32
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
