"""`model.init`: one law for every weight, in place of its own."""

import pytest
import torch

from cellsearch.config import ModelConfig
from cellsearch.nn import RNN
from cellsearch.nn.language_model import LanguageModel
from cellsearch.train.draws import torch_generator
from cellsearch.train.trainer import Trainer


def draw(*key):
    return torch_generator(3, "weights", *key)


def made(cell, dtype=torch.float64, **keys):
    config = ModelConfig(**{"hidden": 40, "layers": 2} | keys)
    model = LanguageModel(300, config, cell, "reference", dtype)
    model.reset_parameters(draw)
    return model


@pytest.mark.parametrize("keys", [{}, {"tied": True, "embedding": 30}])
def test_every_weight_and_bias_fills_the_interval(cells, keys):
    for name, weight in made(cells["lstm"], init=0.1, **keys).named_parameters():
        assert -0.1 <= weight.min() < -0.08, name
        assert 0.08 < weight.max() <= 0.1, name
        assert abs(weight.mean()) < 4 * 0.1 * (3 * weight.numel()) ** -0.5, name


def test_no_two_weights_are_one_draw(cells):
    first = [w.flatten()[:40] for w in made(cells["lstm"], init=0.1).parameters()]
    assert all(not torch.equal(a, b) for i, a in enumerate(first) for b in first[:i])


def test_what_a_cell_says_of_its_weights_does_not_count_and_of_its_states_does(cells):
    text = cells["lstm"] + "    init bf = 1\n    init Ug = Ui\n    init h = 0.5\n"
    plain, other = (made(c, init=0.1) for c in (cells["lstm"], text))
    for (name, a), (_, b) in zip(plain.named_parameters(), other.named_parameters(), strict=True):
        assert torch.equal(a, b), name
    h, c = other.start(2)
    assert (h == 0.5).all() and not c.any()


def test_variants_share_the_draws_of_the_weights_that_they_share(cells):
    full, less = (made(cells[n], init=0.1) for n in ("lstm", "lstm_no_output_gate"))
    shared = dict(less.named_parameters())
    assert 0 < len(shared) < len(dict(full.named_parameters()))
    for name, weight in shared.items():
        assert torch.equal(weight, full.get_parameter(name)), name


def test_another_bound_scales_the_same_draws(cells):
    one, two = made(cells["gru"], init=0.1), made(cells["gru"], init=0.2)
    for a, b in zip(one.parameters(), two.parameters(), strict=True):
        torch.testing.assert_close(2 * a, b, rtol=1e-13, atol=1e-15)


def test_float32_starts_from_the_same_numbers_rounded(cells):
    exact, rounded = (made(cells["gru"], d, init=0.1) for d in (torch.float64, torch.float32))
    for a, b in zip(exact.parameters(), rounded.parameters(), strict=True):
        assert torch.equal(a.float(), b)


def test_without_it_each_weight_has_its_own_law(cells):
    model = made(cells["lstm"], embedding=30)
    alone = RNN(cells["lstm"], 30, 40, 2, backend="reference", dtype=torch.float64)
    alone.reset_parameters(lambda *key: draw("cell", *key))
    for name, weight in alone.named_parameters():
        assert torch.equal(weight, model.cells.get_parameter(name)), name
    key = (0, "forwards", "weight")
    like = {"dtype": torch.float64}
    embedding = torch.empty(300, 30, **like).normal_(generator=draw("embedding", *key))
    softmax = torch.empty(300, 40, **like)
    softmax.uniform_(-(40**-0.5), 40**-0.5, generator=draw("softmax", *key))
    assert torch.equal(model.embedding, embedding)
    assert torch.equal(model.softmax, softmax)
    assert not model.softmax_bias.any()


def test_a_trial_starts_with_it(trial):
    weights = Trainer(trial("gru", model={"init": 0.01})).parameters
    assert all(0 < w.abs().max() <= 0.01 for w in weights)


def test_a_module_of_ones_own_has_it_too():
    torch.manual_seed(0)
    rnn = RNN("lstm_b", 8, 50, bidirectional=True)
    assert (rnn.layers[0]["bf"] == 1).all()
    rnn.reset_parameters(bound=0.1)
    assert all(0.07 < w.abs().max() <= 0.1 for w in rnn.parameters())
