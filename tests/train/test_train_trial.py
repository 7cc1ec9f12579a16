import math

import pytest
import torch
from safetensors.torch import load_file

from cellsearch import backends
from cellsearch.errors import DataError
from cellsearch.tasks.language_model import LanguageModelTask
from cellsearch.train import train, watch
from cellsearch.train.trainer import Trainer

NAMES = {
    "test_loss",
    "valid_loss",
    "valid_loss_zero_state",
    "valid_loss_train_state",
    "train_loss",
}


def test_a_trial_learns_and_tells_all(trial):
    planned = trial(train={"tokens": 20_000})
    outcome = train(planned)
    assert outcome.status == "done"
    assert set(outcome.metrics) == NAMES
    assert outcome.metrics["test_loss"] < 0.9 * math.log(10)
    assert outcome.steps == math.ceil(20_000 / 48)
    assert outcome.curves.tokens[-1] == outcome.steps * 48
    assert outcome.curves.valid_loss[-1] == outcome.metrics["valid_loss"]
    assert outcome.metrics["train_loss"] == outcome.curves.train_loss[-1]
    assert outcome.curves.train_loss[0] > outcome.curves.train_loss[-1]
    assert sum(v is not None for v in outcome.curves.valid_loss) == 3
    assert len(outcome.curves.tokens) <= 50
    assert outcome.error is None
    assert outcome.where.threads == 1
    # The wheel's name may lack what stands behind the plus: 2.13.0+cpu.
    assert torch.__version__.startswith(outcome.where.versions["torch"])


def test_blocks_average_to_the_metric(trial):
    outcome = train(trial())
    for split in ("valid", "test"):
        blocks = outcome.blocks[split]
        total = sum(a * b for a, b in zip(blocks.loss, blocks.tokens, strict=True))
        assert total / sum(blocks.tokens) == pytest.approx(outcome.metrics[f"{split}_loss"])


def test_the_final_weights_are_those_that_were_measured(trial, tmp_path):
    planned = trial()
    outcome = train(planned, weights=tmp_path / "deep" / "weights.safetensors")
    trainer = Trainer(planned)
    trainer.model.load_state_dict(load_file(tmp_path / "deep" / "weights.safetensors"))
    assert trainer.evaluate("test").loss == outcome.metrics["test_loss"]


def test_a_loss_that_is_not_finite_is_a_divergence_with_its_step(trial, tmp_path):
    hot = {"optimizer": {"name": "sgd", "learning_rate": 1e20}, "clip": None}
    outcome = train(trial("rnn_exploding", train=hot), weights=tmp_path / "w")
    assert outcome.status == "diverged"
    assert outcome.metrics == dict.fromkeys(NAMES)
    assert outcome.blocks == {}
    assert 1 <= outcome.diverged_at <= 5
    assert outcome.steps == outcome.diverged_at - 1
    assert (outcome.error.kind, outcome.error.message) == (
        "diverged",
        "the loss was no longer finite",
    )
    assert not (tmp_path / "w").exists()


def test_a_gradient_that_is_not_finite_is_a_divergence(trial, monkeypatch):
    original = LanguageModelTask.loss

    def broken(self, model, step, states, noise):
        loss, states = original(self, model, step, states, noise)
        # Finite itself, its slope is not.
        slope = torch.sqrt(model.softmax_bias.abs().min() * 0) if step == 4 else 0
        return loss + slope, states

    monkeypatch.setattr(LanguageModelTask, "loss", broken)
    outcome = train(trial())
    assert (outcome.status, outcome.diverged_at, outcome.steps) == ("diverged", 5, 4)


def test_an_end_worse_than_guessing_is_a_divergence(trial):
    hot = {"optimizer": {"name": "sgd", "learning_rate": 300.0}, "clip": 1e9}
    outcome = train(trial("lstm", train=hot))
    assert outcome.status == "diverged"
    assert outcome.diverged_at == outcome.steps == math.ceil(3000 / 48)
    assert "worse than guessing" in outcome.error.message
    assert outcome.metrics == dict.fromkeys(NAMES)
    assert len(outcome.curves.tokens) > 0


@pytest.mark.slow
def test_a_gap_between_the_two_states_is_a_warning(trial):
    assert train(trial()).warnings == ()
    # Without warm-up and in many short streams, the state that a stream begins with matters.
    short = {"evaluation_streams": 120, "evaluation_warmup": 0}
    outcome = train(trial(task=short, train={"tokens": 40_000, "reset": 0.0}))
    gap = outcome.metrics["valid_loss_train_state"] - outcome.metrics["valid_loss_zero_state"]
    assert abs(gap) > 0.01
    (warning,) = outcome.warnings
    assert f"{gap:+.4f} nats" in warning


def test_the_first_evaluated_state_is_the_start(trial):
    metrics = train(trial()).metrics
    assert metrics["valid_loss"] == metrics["valid_loss_zero_state"]
    assert metrics["valid_loss"] != metrics["valid_loss_train_state"]


def test_nothing_global_is_left_changed(trial):
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    dtype = torch.get_default_dtype()
    train(trial(train={"threads": threads + 1, "dtype": "float64", "tokens": 100}))
    assert torch.equal(state, torch.get_rng_state())
    assert torch.get_num_threads() == threads
    assert torch.get_default_dtype() == dtype
    assert torch.is_grad_enabled()


@pytest.mark.parametrize(
    "mode", [torch.no_grad, torch.inference_mode, lambda: torch.autocast("cpu", torch.bfloat16)]
)
def test_the_mode_of_the_caller_does_not_matter(trial, mode):
    planned = trial("gru_zoneout", train={"tokens": 500})
    with mode():
        metrics = train(planned).metrics
    assert metrics == train(planned).metrics


def test_the_threads_of_the_trial_are_used(trial, monkeypatch):
    seen = []
    original = Trainer.advance
    monkeypatch.setattr(
        Trainer, "advance", lambda s: (seen.append(torch.get_num_threads()), original(s))
    )
    train(trial(train={"threads": 2, "tokens": 100, "evaluations": 1}))
    assert set(seen) == {2}


def test_progress_is_told(trial, monkeypatch):
    monkeypatch.setattr(watch, "REPORT_SECONDS", 0.0)
    told = []
    outcome = train(trial(), progress=told.append)
    assert [p.tokens for p in told] == [48 * k for k in range(outcome.steps)]
    assert {p.of for p in told} == {48 * outcome.steps}
    assert told[0].loss is None
    assert all(p.loss > 0 and p.tokens_per_second > 0 for p in told[1:])


def test_a_short_text_is_no_failure_of_the_trial(trial):
    with pytest.raises(DataError, match="too short"):
        train(trial(task={"corpus": "grammar:train=4000,valid=6,test=600"}, data_sha256="x"))


def test_another_text_than_planned_is_no_failure_of_the_trial(trial):
    with pytest.raises(DataError, match="not the one that was planned"):
        train(trial(data_sha256="0" * 64))


def test_a_text_that_is_no_cell_is_a_failure_of_the_language(trial):
    planned = trial().model_copy(update={"cells": {"cell": "cell a(x; h)\n    h' = tanh(\n"}})
    outcome = train(planned)
    assert (outcome.status, outcome.error.kind) == ("failed", "language")
    assert outcome.error.message


def test_an_unknown_task_names_the_nearest(trial):
    outcome = train(trial(task={"name": "langage_model"}))
    assert (outcome.status, outcome.error.kind) == ("failed", "other")
    assert "nearest is 'language_model'" in outcome.error.message


def test_an_unknown_backend_is_a_failure_and_auto_is_recorded_as_what_it_means(trial):
    outcome = train(trial(backend="referense"))
    assert (outcome.status, outcome.error.kind) == ("failed", "other")
    assert "nearest is 'reference'" in outcome.error.message
    assert train(trial(backend="auto")).where.backend == backends.resolve("auto")


def test_an_unknown_weight_to_negate_is_named(trial):
    outcome = train(trial("gru", negate=("Wq",)))
    assert (outcome.status, outcome.error.kind) == ("failed", "other")
    assert "'Wq'" in outcome.error.message


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 9 bytes"),
    ],
)
def test_the_end_of_memory_is_a_failure(trial, monkeypatch, error):
    def full(self):
        raise error

    monkeypatch.setattr(Trainer, "advance", full)
    outcome = train(trial())
    assert (outcome.status, outcome.error.kind) == ("failed", "oom")
    assert outcome.error.message


def test_a_fault_of_the_program_is_raised(trial, monkeypatch):
    def broken(self):
        raise RuntimeError("a bug")

    monkeypatch.setattr(Trainer, "advance", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        train(trial())


def test_the_task_refuses_a_text_shorter_than_a_segment(trial):
    planned = trial(task={"corpus": "grammar:train=12,valid=700,test=600"})
    with pytest.raises(DataError, match="too short"):
        Trainer(planned)
