import random

import pytest
import torch

from cellsearch.testing.shares import one_in
from cellsearch.train import Cancelled, checkpoint, train

SETTINGS = {
    "adam, dropout, resets, decay": {
        "cell": "lstm",
        "model": {
            "layers": 2,
            "dropout": {"embedding": 0.1, "between": 0.2, "output": 0.1, "variational": True},
        },
        "train": {"schedule": {"name": "cosine", "warmup": 0.1}},
    },
    "sgd with momentum, zoneout, tied": {
        "cell": "gru_zoneout",
        "model": {"tied": True, "embedding": 5, "dropout": {"embedding": 0.2}},
        "train": {"optimizer": {"name": "sgd", "learning_rate": 0.5, "momentum": 0.9}},
    },
    "adamw, learned start, float64": {
        "cell": "lstm_learned",
        "train": {"dtype": "float64", "optimizer": {"name": "adamw", "weight_decay": 0.1}},
    },
    "plain sgd": {
        "cell": "gru",
        "train": {"optimizer": {"name": "sgd", "learning_rate": 0.5}, "clip": None},
    },
}


def findings(outcome):
    return outcome.model_dump(exclude={"times", "where"})


def stop_after(updates):
    """An answer to `cancelled` that says yes when asked for the (updates + 1)th time."""
    left = iter(range(updates))
    return lambda: next(left, None) is None


@pytest.mark.parametrize("name", SETTINGS)
def test_an_interrupted_trial_ends_with_the_same_bits(trial, tmp_path, name):
    planned = trial(**SETTINGS[name])
    undisturbed = train(planned)
    assert undisturbed.status == "done"
    stops = random.Random(name)
    interruptions = 0
    while True:
        # Other work in the process must not matter.
        torch.rand(stops.randrange(10))
        try:
            outcome = train(
                planned, checkpoint=tmp_path / "c", cancelled=stop_after(stops.randrange(1, 25))
            )
            break
        except Cancelled:
            interruptions += 1
    assert interruptions >= 3
    assert findings(outcome) == findings(undisturbed)


def test_two_runs_agree_whatever_the_process_did_meanwhile(trial):
    planned = trial("gru_zoneout", model={"dropout": {"embedding": 0.2, "output": 0.2}})
    torch.manual_seed(1)
    one = train(planned)
    torch.manual_seed(2)
    torch.rand(1000)
    assert findings(train(planned)) == findings(one)
    assert findings(train(planned.model_copy(update={"variant": "renamed"}))) == findings(one)
    assert train(planned.model_copy(update={"seed": 1})).metrics != one.metrics


def test_resets_noise_and_order_each_matter(trial):
    base = train(trial("gru")).metrics
    assert train(trial("gru", train={"reset": 0.0})).metrics != base
    assert train(trial("gru", model={"dropout": {"output": 0.1}})).metrics != base
    assert train(trial("gru_zoneout")).metrics != base


def test_seconds_add_up_over_interruptions(trial, tmp_path):
    planned = trial()
    with pytest.raises(Cancelled):
        train(planned, checkpoint=tmp_path, cancelled=stop_after(30))
    done = train(planned, checkpoint=tmp_path).times
    rest = train(planned, checkpoint=tmp_path, cancelled=stop_after(10**9)).times
    assert set(done) == {"train", "evaluate", "total"}
    assert done["total"] >= done["train"] + done["evaluate"] > 0
    assert rest["total"] > 0


def test_cancelling_without_a_checkpoint_only_stops(trial):
    with pytest.raises(Cancelled):
        train(trial(), cancelled=lambda: True)


@pytest.mark.parametrize("name", one_in(2, SETTINGS))
def test_a_trial_that_paused_ends_with_the_same_bits(trial, tmp_path, name):
    planned = trial(**SETTINGS[name])
    undisturbed = train(planned)
    step = planned.train.batch * planned.train.segment
    pauses = [3 * step - 1, 7 * step]
    found = [train(planned, checkpoint=tmp_path / "c", until=tokens) for tokens in pauses]
    assert [(o.status, o.steps) for o in found] == [("pruned", 3), ("pruned", 7)]
    assert set(found[0].metrics) == {"valid_loss"}
    assert checkpoint.load(tmp_path / "c", planned).step == 7
    assert train(planned, until=pauses[1]).metrics == found[1].metrics
    # An earlier pause is asked for again: what lies there is beyond it.
    assert train(planned, checkpoint=tmp_path / "c", until=pauses[0]).metrics == found[0].metrics
    assert findings(train(planned, checkpoint=tmp_path / "c")) == findings(undisturbed)
