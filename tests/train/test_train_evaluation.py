import math

import numpy as np
import pytest
import torch

from cellsearch.tasks.base import Evaluation
from cellsearch.train.states import spread
from cellsearch.train.trainer import Trainer


def one_token_at_a_time(model, tokens, first, last, warmup, state):
    """Losses at positions first … last - 1, each from scores that were normalised by hand."""
    losses = []
    for at in range(first - warmup, last):
        scores, state = model(torch.tensor([[int(tokens[at - 1])]]), state)
        probabilities = torch.softmax(scores[0, 0], 0)
        if at >= first:
            losses.append(-math.log(probabilities[int(tokens[at])].item()))
    return losses


def brute_force(model, tokens, streams, warmup, states):
    counted = len(tokens) - 1 - warmup
    edges = [warmup + 1 + counted * s // streams for s in range(streams + 1)]
    with torch.no_grad():
        parts = [
            one_token_at_a_time(model, tokens, edges[s], edges[s + 1], warmup, states(s))
            for s in range(streams)
        ]
    return np.concatenate(parts)


@pytest.fixture
def trainer(trial):
    keys = {"dropout": {"embedding": 0.4, "output": 0.4}}
    trainer = Trainer(trial("gru_zoneout", model=keys, train={"dtype": "float64"}))
    for _ in range(8):
        trainer.advance()
    return trainer


def test_evaluation_agrees_with_reading_one_token_at_a_time(trainer):
    got = trainer.evaluate("test").losses
    model = trainer.model.eval()
    expected = brute_force(model, trainer.task.corpus.test, 3, 5, lambda s: None)
    assert got.dtype == np.float64
    assert len(got) == len(trainer.task.corpus.test) - 1 - 5
    np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_evaluation_goes_on_from_the_states_of_training(trainer):
    held = spread(trainer.states, 3)
    got = trainer.evaluate("valid", held).losses
    model = trainer.model.eval()
    part = lambda s: held[:, s : s + 1]  # noqa: E731
    np.testing.assert_allclose(
        got, brute_force(model, trainer.task.corpus.valid, 3, 5, part), rtol=1e-12
    )
    assert not np.allclose(got, trainer.evaluate("valid").losses, rtol=1e-12)


def test_evaluation_leaves_the_model_in_training_and_changes_nothing(trainer):
    before = [p.clone() for p in trainer.parameters]
    first = trainer.evaluate("valid").losses
    assert trainer.model.training
    assert np.array_equal(first, trainer.evaluate("valid").losses)
    assert all(torch.equal(a, b) for a, b in zip(before, trainer.parameters, strict=True))


def test_blocks_stand_in_the_order_of_the_text_and_hold_every_token():
    losses = np.random.default_rng(0).random(1234)
    loss, tokens = Evaluation(losses).blocks()
    assert len(loss) == 100
    assert sum(tokens) == 1234
    assert max(tokens) - min(tokens) == 1
    assert loss[0] == pytest.approx(losses[: tokens[0]].mean())
    assert loss[-1] == pytest.approx(losses[-tokens[-1] :].mean())
    assert np.dot(loss, tokens) / 1234 == pytest.approx(Evaluation(losses).loss)


def test_a_short_text_has_a_block_for_each_token():
    loss, tokens = Evaluation(np.array([1.0, 2.0])).blocks()
    assert (loss, tokens) == ((1.0, 2.0), (1, 1))
