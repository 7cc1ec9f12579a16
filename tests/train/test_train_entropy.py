"""A model of ample size finds the source's entropy, and nothing finds less."""

import numpy as np
import pytest

from cellsearch import data
from cellsearch.data import grammar
from cellsearch.train import train


def learned(trial, task, model, keys):
    """The outcome on the test text, and what each of its blocks costs the source itself."""
    planned = trial("lstm", task=task, model=model, train=keys)
    outcome = train(planned)
    assert outcome.status == "done"
    test = data.load(planned.task).test
    costs = grammar.surprisal(test)[planned.task.evaluation_warmup + 1 :]
    blocks = outcome.blocks["test"]
    assert sum(blocks.tokens) == len(costs)
    ends = np.cumsum(blocks.tokens)[:-1]
    return outcome, np.array([part.mean() for part in np.split(costs, ends)])


def standard_error(values):
    return values.std(ddof=1) / len(values) ** 0.5


def assert_never_below(outcome, source):
    loss = np.array(outcome.blocks["test"].loss)
    assert loss.mean() >= grammar.entropy() - 3 * standard_error(loss)
    # The same against the exact cost of this very text, which takes most of the noise away.
    assert (loss - source).mean() >= -3 * standard_error(loss - source)
    assert standard_error(loss - source) < standard_error(loss)


TASK = {"evaluation_streams": 64, "evaluation_warmup": 64}
TRAIN = {
    "batch": 32,
    "segment": 64,
    "reset": 0.05,
    "optimizer": {"learning_rate": 1e-2},
    "schedule": {"name": "cosine", "warmup": 0.05},
}


@pytest.mark.slow
def test_a_small_lstm_comes_near_the_entropy_and_not_below(trial):
    task = TASK | {"corpus": "grammar:train=400000,valid=30000,test=60000"}
    keys = TRAIN | {"tokens": 300_000, "batch": 16, "segment": 32, "evaluations": 1}
    outcome, source = learned(trial, task, {"hidden": 32}, keys)
    assert_never_below(outcome, source)
    assert outcome.metrics["test_loss"] < 1.09 * source.mean()


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_an_ample_lstm_comes_within_two_percent_of_the_entropy(trial):
    task = TASK | {"corpus": "grammar:train=4000000,valid=100000,test=200000"}
    keys = TRAIN | {"tokens": 4_000_000, "optimizer": {"learning_rate": 5e-3}, "evaluations": 5}
    outcome, source = learned(trial, task, {"hidden": 128}, keys)
    assert_never_below(outcome, source)
    assert outcome.metrics["test_loss"] < 1.02 * grammar.entropy()
