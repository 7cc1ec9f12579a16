"""Samples: what is drawn follows the model's chances, and diversity counts what it says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cellsearch.config import ModelConfig
from cellsearch.nn.language_model import LanguageModel
from cellsearch.recordings.samples import continued, distinct, repeated


def model_of(bias: list[float]) -> LanguageModel:
    """A model that always has the same scores."""
    model = LanguageModel(len(bias), ModelConfig(hidden=4), "gru")
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
        model.softmax_bias.copy_(torch.tensor(bias))
    return model


def test_tokens_come_as_often_as_their_chances_say() -> None:
    model = model_of([0.0, 1.0, 2.0]).train()
    before = torch.get_rng_state()
    prompt = np.array([0, 1])
    written = continued(model, prompt, 1000, [None, 0.5, 2.0], np.random.default_rng(0))
    assert torch.equal(before, torch.get_rng_state())
    assert model.training
    assert set(written[:, 0]) == {2}
    for column, temperature in ((1, 0.5), (2, 2.0)):
        want = np.exp(np.arange(3) / temperature)
        got = np.bincount(written[:, column], minlength=3) / 1000
        np.testing.assert_allclose(got, want / want.sum(), atol=0.05)


def test_what_is_written_is_read_again() -> None:
    """One token at a time is the same as all at once."""
    torch.manual_seed(0)
    model = LanguageModel(5, ModelConfig(hidden=6), "lstm", dtype=torch.float64)
    for weight in model.parameters():
        torch.nn.init.normal_(weight)
    written = continued(model, np.array([1, 3, 2]), 10, [None], np.random.default_rng(0))[:, 0]
    with torch.no_grad():
        scores, _ = model(torch.tensor([1, 3, 2, *written.tolist()])[:, None])
    assert scores[2:-1, 0].argmax(1).tolist() == written.tolist()


def test_diversity() -> None:
    loop = np.arange(4)
    assert distinct(np.tile(loop, 10)) == pytest.approx(4 / 37)
    assert repeated(np.tile(loop, 10)) == pytest.approx(36 / 40)
    assert (distinct(np.arange(50)), repeated(np.arange(50))) == (1.0, 0.0)
    assert (distinct(loop[:2]), repeated(loop[:0])) == (1.0, 0.0)
