"""The trainer against the same training written out in plain torch."""

import math

import numpy as np
import pytest
import torch

from cellsearch.train.draws import numpy_generator
from cellsearch.train.states import tensors
from cellsearch.train.trainer import Trainer

GATES = "ifgo"
PARTS = ("embedding", "cells")


class Plain(torch.nn.Module):
    """An LSTM language model from torch's own parts, with the weights of ours."""

    def __init__(self, model):
        super().__init__()
        vocabulary, width = model.embedding.shape
        layer = model.cells.layers[0]
        self.embedding = torch.nn.Embedding(vocabulary, width)
        self.cells = torch.nn.LSTM(width, model.config.hidden)
        self.softmax = torch.nn.Linear(model.config.hidden, vocabulary)
        self.double()
        # One bias, as ours: the second stays 0.
        self.cells.bias_hh_l0.requires_grad_(False)
        with torch.no_grad():
            self.embedding.weight.copy_(model.embedding)
            self.cells.weight_ih_l0.copy_(torch.cat([layer[f"W{g}"] for g in GATES]))
            self.cells.weight_hh_l0.copy_(torch.cat([layer[f"U{g}"] for g in GATES]))
            self.cells.bias_ih_l0.copy_(torch.cat([layer[f"b{g}"] for g in GATES]))
            self.cells.bias_hh_l0.zero_()
            self.softmax.weight.copy_(model.softmax)
            self.softmax.bias.copy_(model.softmax_bias)

    def forward(self, tokens, states):
        y, states = self.cells(self.embedding(tokens), states)
        return self.softmax(y), states


def plain_losses(trainer, updates):
    train = trainer.trial.train
    model = Plain(trainer.model)
    weights = [p for p in model.parameters() if p.requires_grad]
    text, N, B, T = trainer.task.corpus.train, len(trainer.task.corpus.train), train.batch, 12
    offset = numpy_generator(0, "order").integers(N)
    states = [torch.zeros(1, B, 7, dtype=torch.float64) for _ in range(2)]
    losses = []
    for k in range(updates):
        for b, draw in enumerate(numpy_generator(0, "reset", k).random(B)):
            if draw < train.reset:
                states = [
                    torch.cat([s[:, :b], 0 * s[:, b : b + 1], s[:, b + 1 :]], 1) for s in states
                ]
        rows = [
            [text[(offset + b * N // B + k * T + t) % N] for b in range(B)] for t in range(T + 1)
        ]
        ids = torch.tensor(np.array(rows), dtype=torch.int64)
        scores, states = model(ids[:-1], states)
        loss = -torch.log_softmax(scores, 2).gather(2, ids[1:, :, None]).mean()
        loss.backward()
        losses.append(loss.item())
        norm = math.sqrt(sum(p.grad.square().sum().item() for p in weights))
        rate = 2.0 * (1 - k / trainer.steps)
        with torch.no_grad():
            for p in weights:
                p -= rate * min(1.0, train.clip / norm) * p.grad
                p.grad = None
        states = [s.detach() for s in states]
    return losses


@pytest.mark.parametrize("reset", [0.0, 0.3, 1.0])
def test_training_agrees_with_plain_torch(trial, reset):
    keys = {
        "dtype": "float64",
        "tokens": 40 * 4 * 12,
        "clip": 0.2,
        "reset": reset,
        "optimizer": {"name": "sgd", "learning_rate": 2.0},
        "schedule": {"name": "linear"},
    }
    trainer = Trainer(trial("lstm", train=keys))
    expected = plain_losses(trainer, 40)
    for _ in range(40):
        trainer.advance()
    # With 40 updates every one of them is a point of the curve.
    assert trainer.curve.train_loss == pytest.approx(expected, rel=1e-10)
    assert max(trainer.curve.gradient_norm) > 0.2 > min(trainer.curve.gradient_norm)


def entered(trainer, updates):
    """Which streams began each update at the start: bool [updates, B]."""
    seen = []
    for _ in range(updates):
        states = tensors(trainer._entering())
        seen.append(sum(s.abs().sum((0, 2)) for s in states) == 0)
        trainer.advance()
    return torch.stack(seen)


def test_streams_return_to_their_start_as_often_as_asked(trial):
    keys = {"reset": 0.25, "tokens": 150 * 4 * 12, "evaluations": 1}
    anew = entered(Trainer(trial("lstm", train=keys)), 150)
    assert anew[0].all()
    share = anew[1:].double().mean().item()
    # 596 draws: three standard errors are 0.053.
    assert share == pytest.approx(0.25, abs=0.053)
    assert torch.equal(anew, entered(Trainer(trial("gru", train=keys)), 150))
    assert not torch.equal(anew, entered(Trainer(trial("lstm", train=keys, seed=1)), 150))


def test_without_resets_only_the_first_update_begins_at_the_start(trial):
    anew = entered(Trainer(trial("lstm", train={"reset": 0.0})), 10)
    assert anew[0].all()
    assert not anew[1:].any()


def test_no_update_is_made_on_a_gradient_that_is_not_finite(trial):
    trainer = Trainer(trial("rnn_exploding", train={"clip": None}))
    with torch.no_grad():
        trainer.model.softmax[0, 0] = math.inf
    before = [p.clone() for p in trainer.parameters]
    with pytest.raises(Exception, match="loss was no longer finite"):
        trainer.advance()
    assert trainer.step == 0
    assert all(torch.equal(a, b) for a, b in zip(before, trainer.parameters, strict=True))


def test_noise_is_keyed_by_seed_part_and_update(trial):
    trainers = [Trainer(trial("lstm", seed=seed)) for seed in (0, 1)]
    seeds = []
    for _ in range(3):
        for trainer in trainers:
            seeds += [trainer._noise()(part).initial_seed() for part in PARTS]
            trainer.advance()
    assert len(set(seeds)) == 3 * 2 * 2
    assert seeds[:2] == [g.initial_seed() for g in map(Trainer(trial("gru"))._noise(), PARTS)]


def test_a_learned_start_learns_from_the_first_update_on(trial):
    trainer = Trainer(trial("lstm_learned", train={"reset": 0.0}))
    trainer.advance()
    starts = {n: p for n, p in trainer.model.named_parameters() if p.shape == (7,)}
    assert sum(p.grad is not None for p in starts.values()) == 5
