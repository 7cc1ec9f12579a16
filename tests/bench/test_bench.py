import itertools

import pytest
import torch

from cellsearch.bench import check as checking
from cellsearch.bench import measure
from cellsearch.bench import subject as subjects
from cellsearch.bench.check import check
from cellsearch.bench.memory import peak_bytes
from cellsearch.bench.subject import SENTENCE, Subject
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
        loss, write = Subject.loss, Subject.write

        def timed_loss(subject, model):
            self.order.append(subject.trial.variant)
            self.now += next(ticks[subject.trial.variant]) * (2 if model.training else 1)
            return loss(subject, model)

        def timed_write(subject, model):
            self.now += next(ticks[subject.trial.variant]) * SENTENCE
            write(subject, model)

        monkeypatch.setattr(Subject, "loss", timed_loss)
        monkeypatch.setattr(Subject, "write", timed_write)
        monkeypatch.setattr(subjects.time, "perf_counter", lambda: self.now)


def test_a_line_for_each_variant_in_order(monkeypatch):
    Clock(monkeypatch, {"base": itertools.repeat(1.0), "slow": itertools.repeat(3.0)})
    told = []
    base, slow = measure([trial(), trial("slow", SLOW)], 11, rounds=3, notify=told.append)
    assert (base.variant, slow.variant) == ("base", "slow")
    assert base.us_per_token_training == pytest.approx(2e6 / 10)
    assert base.us_per_token_forward == pytest.approx(1e6 / 10)
    assert slow.us_per_token_training == pytest.approx(6e6 / 10)
    assert base.generation.us_per_token == pytest.approx(1e6)
    assert (base.ratio_to_base, slow.ratio_to_base) == (1.0, pytest.approx(3.0))
    assert slow.generation.ratio_to_base == pytest.approx(3.0)
    assert base.rounds == slow.rounds == len(told) == 3
    assert slow.where.backend == "reference"


def test_a_drift_of_the_machine_leaves_the_ratio_alone(monkeypatch):
    # Everything takes ten times longer from some moment on, which is between two rounds.
    def ticks(cost):
        return itertools.chain(itertools.repeat(cost, 18), itertools.repeat(10 * cost))

    Clock(monkeypatch, {"base": ticks(1.0), "other": ticks(2.0)})
    base, other = measure([trial(), trial("other", SLOW)], 11, rounds=6)
    assert other.ratio_to_base == pytest.approx(2.0)
    assert other.ratio_low == other.ratio_high == pytest.approx(2.0)
    assert other.generation.ratio_high == pytest.approx(2.0)
    assert base.us_low < base.us_high
    assert base.generation.us_low < base.generation.us_high


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


def test_a_state_that_is_not_carried_is_not_timed():
    subject = Subject(trial(), 11)
    read = subject.model.forward
    subject.model.forward = lambda tokens, states=None, **rest: read(tokens, None, **rest)
    with pytest.raises(TrialError, match="'base' is not timed: its scores, token by token, differ"):
        check(subject)


def test_every_token_but_the_first_is_drawn_from_the_scores_of_the_one_before(monkeypatch):
    subject, read = Subject(trial(), 11), []

    def model(token, states):
        read.append((token.item(), states))
        scores = torch.full((1, 1, 11), -1e9)
        scores[..., (token + 1) % 11] = 0.0
        return scores, len(read)

    subject.write(model)
    first = subject.inputs[0, 0].item()
    assert read[0] == (first, None)
    assert read[1:] == [((first + k) % 11, k) for k in range(1, SENTENCE)]


def test_peak_memory_holds_weights_gradients_and_what_a_step_keeps():
    small, again = (peak_bytes(Subject(trial(), 11)) for _ in range(2))
    assert small == again
    weights = sum(p.numel() * p.element_size() for p in Subject(trial(), 11).model.parameters())
    assert small > 2 * weights
    longer = peak_bytes(Subject(trial(segment=205), 11))
    # A unit of a step has at least its value and its gradient's.
    assert longer - small > 200 * 2 * 8 * 4 * 2


def test_a_tensor_more_is_seen_in_the_peak(monkeypatch):
    before, original = peak_bytes(Subject(trial(), 11)), Subject.loss

    def wasteful(subject, model):
        kept = torch.zeros(1_000_000, dtype=torch.uint8)
        return original(subject, model) + 0 * kept[0]

    monkeypatch.setattr(Subject, "loss", wasteful)
    assert peak_bytes(Subject(trial(), 11)) >= before + 900_000


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
