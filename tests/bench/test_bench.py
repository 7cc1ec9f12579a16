import itertools

import pytest
import torch

from cellsearch.bench import check as checking
from cellsearch.bench import measure
from cellsearch.bench import subject as subjects
from cellsearch.bench.check import check
from cellsearch.bench.subject import Subject
from cellsearch.config import ModelConfig, TaskConfig, TrainConfig, TrialConfig
from cellsearch.errors import TrialError

RNN = "cell rnn(x; h)\n    h' = tanh(W @ x + U @ h + bh)\n"
SLOW = "cell slow(x; h)\n    param U\n    h' = tanh(W @ x + U @ tanh(U @ tanh(U @ h)) + bh)\n"
NOISY = "cell noisy(x; h)\n    h' = zoneout(tanh(W @ x + U @ h + bh), h, 0.3)\n"
# What is added to all units alike goes with their mean: the gradient of `a` is rounding.
CANCELS = "cell cancels(x; h)\n    h' = tanh(layernorm(W @ x + U @ h + a))\n"
CANCELS += "    param W, U\n    param a: scalar = 0.1\n"


def trial(variant="base", cell=RNN, **train):
    return TrialConfig(
        variant=variant,
        cells={"cell": cell},
        task=TaskConfig(),
        model=ModelConfig(hidden=8),
        train=TrainConfig(**{"batch": 2, "segment": 5} | train),
        backend="reference",
        seed=0,
        data_sha256="",
    )


class Clock:
    """Time that goes by only when a subject works: by the ticks that its variant costs."""

    def __init__(self, monkeypatch, ticks):
        self.now = 0.0
        self.order = []
        original = Subject.loss
        clock = self

        def loss(subject, model):
            clock.order.append(subject.trial.variant)
            clock.now += next(ticks[subject.trial.variant]) * (2 if model.training else 1)
            return original(subject, model)

        monkeypatch.setattr(Subject, "loss", loss)
        monkeypatch.setattr(subjects.time, "perf_counter", lambda: self.now)


def test_a_line_for_each_variant_in_order(monkeypatch):
    Clock(monkeypatch, {"base": itertools.repeat(1.0), "slow": itertools.repeat(3.0)})
    told = []
    base, slow = measure([trial(), trial("slow", SLOW)], 11, rounds=3, notify=told.append)
    assert (base.variant, slow.variant) == ("base", "slow")
    assert base.us_per_token_training == pytest.approx(2e6 / 10)
    assert base.us_per_token_forward == pytest.approx(1e6 / 10)
    assert slow.us_per_token_training == pytest.approx(6e6 / 10)
    assert (base.ratio_to_base, slow.ratio_to_base) == (1.0, pytest.approx(3.0))
    assert base.rounds == slow.rounds == len(told) == 3
    assert slow.where.backend == "reference"


def test_a_drift_of_the_machine_leaves_the_ratio_alone(monkeypatch):
    # Everything takes ten times longer from some moment on: three samples each before it.
    def ticks(cost):
        return itertools.chain(itertools.repeat(cost, 9), itertools.repeat(10 * cost))

    Clock(monkeypatch, {"base": ticks(1.0), "other": ticks(2.0)})
    base, other = measure([trial(), trial("other", SLOW)], 11, rounds=6)
    assert other.ratio_to_base == pytest.approx(2.0)
    assert base.us_low < base.us_high


def test_rounds_begin_with_each_variant_in_turn(monkeypatch):
    names = ("base", "one", "two")
    clock = Clock(monkeypatch, dict.fromkeys(names, itertools.repeat(1.0)))
    measure([trial(n, SLOW if n == "one" else RNN) for n in names], 11, rounds=3)
    timed = [k for k, _ in itertools.groupby(clock.order[-18:])]
    assert timed[0:3] == ["base", "one", "two"]
    assert timed[3:6] == ["one", "two", "base"]
    assert timed[6:9] == ["two", "base", "one"]


def test_real_times_are_positive_and_a_step_takes_longer_than_forward():
    lines = measure([trial(), trial("noisy", NOISY)], 11, rounds=1)
    assert all(line.us_per_token_training > 0 and line.us_per_token_forward > 0 for line in lines)


@pytest.mark.parametrize("backend", ["reference", "torch.nn"])
def test_nothing_global_is_left_changed(backend):
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    text = "cell rnn(x; h)\n    h' = tanh(Wh @ x + Uh @ h + bh)\n"
    model = ModelConfig(hidden=8, layers=2, dropout={"between": 0.5})
    changed = {"model": model, "backend": backend}
    measure([trial(cell=text, threads=threads + 1).model_copy(update=changed)], 11, rounds=1)
    assert torch.equal(state, torch.get_rng_state())
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("cell", [RNN, SLOW, NOISY, CANCELS])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_right_passes_the_check(cell, dtype):
    check(Subject(trial("a", cell, dtype=dtype), 11))


@pytest.mark.parametrize("what", ["loss", "gradient"])
@pytest.mark.parametrize("wrong", [1.02, float("nan")])
def test_what_is_wrong_is_not_timed(monkeypatch, what, wrong):
    original = checking._results

    def broken(subject, model):
        results = original(subject, model)
        if model is subject.model:
            name = next(n for n in results if n.startswith(what))
            results[name] = results[name] * wrong
        return results

    monkeypatch.setattr(checking, "_results", broken)
    with pytest.raises(TrialError, match=f"'broken' is not timed: its {what}"):
        measure([trial("broken")], 11)


def test_a_cell_that_is_not_finite_is_not_timed():
    text = "cell wild(x; h)\n    h' = log(W @ x + U @ h)\n    param W, U\n"
    with pytest.raises(TrialError, match="'wild' is not timed: its loss is not finite"):
        measure([trial("wild", text)], 11)


def test_the_others_are_timed_without_one_that_is_not_finite():
    text = "cell wild(x; h)\n    h' = log(W @ x + U @ h)\n    param W, U\n"
    trials, errors = [trial("base"), trial("wild", text), trial("a")], []
    lines = measure(trials, 11, rounds=2, refused=errors.append)
    assert [line.variant for line in lines] == ["base", "a"]
    assert [str(e) for e in errors] == [
        "variant 'wild' is not timed: its loss is not finite on random tokens"
    ]
    with pytest.raises(TrialError, match="'wild'"):
        measure(trials[1:], 11, refused=errors.append)


def test_a_gradient_that_is_missing_is_named(monkeypatch):
    original = checking._results

    def broken(subject, model):
        results = original(subject, model)
        if model is subject.model:
            del results["gradient of cells.layers.0.forwards.U"]
        return results

    monkeypatch.setattr(checking, "_results", broken)
    with pytest.raises(TrialError, match=r"its gradient of .*forwards\.U is missing"):
        check(Subject(trial(), 11))
