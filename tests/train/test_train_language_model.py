from zlib import crc32

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from cellsearch.config import ModelConfig
from cellsearch.derive.model_cost import count_model
from cellsearch.nn.language_model import LanguageModel


def made(cells, cell="lstm", dtype=torch.float64, **keys):
    model = LanguageModel(11, ModelConfig(**{"hidden": 6} | keys), cells[cell], "reference", dtype)
    model.reset_parameters(lambda *key: torch.Generator().manual_seed(crc32(repr(key).encode())))
    return model


def tokens(T=5, B=3):
    return torch.arange(T * B).view(T, B) * 7 % 11


def noise(number):
    return lambda part: torch.Generator().manual_seed(number)


def test_shapes_are_those_of_the_streams(cells):
    model = made(cells, layers=2, embedding=4)
    scores, states = model(tokens())
    assert scores.shape == (5, 3, 11)
    assert [s.shape for s in states] == [(2, 3, 6)] * 2
    assert model.embedding.shape == (11, 4)
    assert model.softmax.shape == (11, 6)


def test_reading_in_two_segments_is_reading_in_one(cells):
    model = made(cells)
    whole, last = model(tokens(6))
    first, states = model(tokens(6)[:2])
    second, states = model(tokens(6)[2:], states)
    torch.testing.assert_close(torch.cat([first, second]), whole, rtol=1e-13, atol=1e-13)
    torch.testing.assert_close(states, last, rtol=1e-13, atol=1e-13)


def test_tied_embeddings_are_one_matrix(cells):
    model = made(cells, tied=True)
    assert model.softmax is None
    assert model.projection is None
    names = dict(model.named_parameters())
    assert sum(p.shape == (11, 6) for p in names.values()) == 1
    y = torch.randn(3, 6, dtype=torch.float64)
    before = model.scores(y)
    torch.testing.assert_close(before, y @ model.embedding.T + model.softmax_bias)
    with torch.no_grad():
        model.embedding[4] += 1
    assert torch.equal((model.scores(y) != before).any(0), torch.arange(11) == 4)


def test_tied_embeddings_of_another_width_have_a_projection(cells):
    model = made(cells, tied=True, embedding=4)
    assert model.projection.shape == (4, 6)
    y = torch.randn(3, 6, dtype=torch.float64)
    expected = y @ model.projection.T @ model.embedding.T + model.softmax_bias
    torch.testing.assert_close(model.scores(y), expected)
    assert model(tokens())[0].shape == (5, 3, 11)


def test_every_parameter_gets_a_gradient(cells):
    for keys in ({}, {"tied": True, "embedding": 4}, {"layers": 2}):
        model = made(cells, **keys)
        model(tokens())[0].square().sum().backward()
        assert all(p.grad is not None and p.grad.any() for p in model.parameters())


def test_without_biases_the_cells_have_none_and_the_softmax_keeps_its_own(cells):
    model = made(cells, bias=False)
    assert set(model.cells.layers[0]) == {"Wi", "Ui", "Wf", "Uf", "Wg", "Ug", "Wo", "Uo"}
    assert model.softmax_bias.shape == (11,)


@pytest.mark.parametrize("part", ["embedding", "output", "between"])
def test_dropout_acts_in_training_alone_and_follows_its_generator(cells, part):
    model = made(cells, layers=2, dropout={part: 0.5}).train()
    one, same, other = (model(tokens(), noise=noise(n))[0] for n in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    model.eval()
    plain = made(cells, layers=2)(tokens())[0]
    assert torch.equal(model(tokens(), noise=noise(1))[0], plain)


@pytest.mark.parametrize("variational", [False, True])
@pytest.mark.parametrize("part", ["embedding", "output"])
def test_a_variational_mask_is_one_for_the_segment(cells, part, variational, monkeypatch):
    model = made(cells, hidden=50, dropout={part: 0.5, "variational": variational}).train()
    x = torch.ones(4, 2, 50, dtype=torch.float64)
    got = model._drop(x, 0.5, noise(3), part)
    assert set(got.unique().tolist()) == {0.0, 2.0}
    masks_agree = all(torch.equal(got[0], row) for row in got[1:])
    assert masks_agree == variational
    assert not torch.equal(got[:, 0], got[:, 1])


def test_masks_between_layers_are_variational_too(cells):
    keys = {"hidden": 40, "layers": 2}
    models = [made(cells, dropout={"between": 0.5, "variational": v}, **keys) for v in (0, 1)]
    each, one = (m.train()(tokens(), noise=noise(1))[0] for m in models)
    assert not torch.equal(each, one)


def test_parts_ask_for_generators_of_their_own(cells):
    model = made(cells, layers=2, dropout={"embedding": 0.1, "between": 0.1, "output": 0.1}).train()
    asked = []

    def ask(part):
        asked.append(part)
        return torch.Generator()

    model(tokens(), noise=ask)
    assert asked == ["embedding", "cells", "output"]


def test_the_masks_outside_of_the_cells_do_not_depend_on_the_cells(cells):
    keys = {"dropout": {"output": 0.5}}
    with_noise, without = made(cells, "gru_zoneout", **keys), made(cells, "gru", **keys)
    x = torch.ones(4, 2, 6, dtype=torch.float64)
    seen = [m.train()._drop(x, 0.5, noise(3), "output") for m in (with_noise, without)]
    assert torch.equal(*seen)


def test_nothing_is_drawn_from_the_global_generator_when_weights_are_reset(cells):
    model = made(cells)
    before = torch.get_rng_state()
    model.reset_parameters(lambda *key: torch.Generator())
    assert torch.equal(before, torch.get_rng_state())


def test_initial_laws(cells):
    model = LanguageModel(500, ModelConfig(hidden=40, embedding=30), cells["lstm"])
    model.reset_parameters(lambda *key: torch.Generator().manual_seed(len(key[0])))
    assert model.embedding.std().item() == pytest.approx(1.0, abs=0.03)
    assert model.softmax.abs().max().item() == pytest.approx(40**-0.5, rel=1e-3)
    assert not model.softmax_bias.any()


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"layers": 3, "embedding": 4},
        {"tied": True},
        {"tied": True, "embedding": 4, "layers": 2},
        {"bias": False},
    ],
)
def test_the_model_has_the_cost_that_is_counted(cells, keys):
    model = made(cells, "gru", **keys)
    cost = count_model(
        LanguageModel(11, ModelConfig(hidden=6), cells["gru"]).cells.graph, model.config, 11
    )
    assert sum(p.numel() for p in model.parameters()) == cost.parameters
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(tokens(T=5, B=3))
    assert counter.get_total_flops() == 5 * 3 * cost.flops_forward
