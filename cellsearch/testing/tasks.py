"""What every task must do. Inherit `TaskContract`, say which trial to make, and run pytest."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np
import torch

from cellsearch.config import TrialConfig
from cellsearch.nn.model import Model, Noise, States
from cellsearch.tasks import Split, Task, find

SPLITS: tuple[Split, ...] = ("valid", "test")


class TaskContract(ABC):
    """Tests for one task."""

    @abstractmethod
    def trial(self) -> TrialConfig:
        """A small trial of the task, with more than ten updates."""

    def task(self, order: int = 0) -> Task:
        """The task, with the order of its data drawn from `order`."""
        trial = self.trial()
        return find(trial.task.name)(trial, np.random.default_rng(order))

    def model(self, task: Task) -> Model:
        """Its model, with weights that are always the same."""
        model = task.model()
        model.reset_parameters(
            lambda *key: torch.Generator().manual_seed(len("".join(map(str, key))))
        )
        return model

    def losses(self, task: Task, model: Model, steps: range) -> list[float]:
        """Training losses of some updates, without an update."""
        states = model.start(self.trial().train.batch)
        found = []
        for step in steps:
            loss, states = task.loss(model, step, states, _noise())
            found.append(loss.item())
        return found

    def test_the_metric_can_be_compared(self) -> None:
        metric = self.task().metric
        assert metric.name
        assert metric.better in ("lower", "higher")
        assert metric.compare in ("ratio", "difference")

    def test_an_untrained_model_is_about_as_good_as_guessing(self) -> None:
        task = self.task()
        (loss,) = self.losses(task, self.model(task), range(1))
        assert math.isfinite(loss)
        assert 0.5 * task.uniform_loss < loss < 2 * task.uniform_loss

    def test_a_batch_follows_from_its_number(self) -> None:
        task, again = self.task(), self.task()
        model = self.model(task)
        assert self.losses(task, model, range(5, 9)) == self.losses(task, model, range(5, 9))
        assert self.losses(task, model, range(4)) == self.losses(again, self.model(again), range(4))

    def test_the_order_follows_from_its_generator(self) -> None:
        one, other = self.task(0), self.task(1)
        model = self.model(one)
        assert self.losses(one, model, range(4)) != self.losses(other, model, range(4))

    def test_states_have_a_row_for_each_stream(self) -> None:
        task = self.task()
        model, batch = self.model(task), self.trial().train.batch
        _, states = task.loss(model, 0, model.start(batch), _noise())
        for before, after in zip(_parts(model.start(batch)), _parts(states), strict=True):
            assert before.shape == after.shape
            assert before.shape[1] == batch

    def test_every_weight_gets_a_gradient(self) -> None:
        task = self.task()
        model = self.model(task)
        loss, _ = task.loss(model, 0, model.start(self.trial().train.batch), _noise())
        torch.autograd.backward(loss)
        assert all(p.grad is not None for p in model.parameters())

    def test_evaluation_is_finite_repeats_itself_and_changes_nothing(self) -> None:
        task = self.task()
        model = self.model(task).train()
        before = [p.clone() for p in model.parameters()]
        for split in SPLITS:
            first, again = task.evaluate(model, split), task.evaluate(model, split)
            assert first.losses.dtype == np.float64
            assert np.isfinite(first.losses).all()
            assert np.array_equal(first.losses, again.losses)
        assert model.training
        assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))

    def test_evaluation_begins_at_the_start_where_no_states_are_given(self) -> None:
        task = self.task()
        model = self.model(task)
        start = model.start(self.trial().task.evaluation_streams)
        for split in SPLITS:
            given, left_out = task.evaluate(model, split, start), task.evaluate(model, split)
            assert np.array_equal(given.losses, left_out.losses)

    def test_nothing_global_is_read(self) -> None:
        task = self.task()
        model = self.model(task)
        found = []
        for seed in (1, 2):
            torch.manual_seed(seed)
            found.append((self.losses(task, model, range(3)), task.evaluate(model, "valid").loss))
        assert found[0] == found[1]


def _noise() -> Noise:
    return lambda part: torch.Generator().manual_seed(0)


def _parts(states: States) -> tuple[torch.Tensor, ...]:
    return (states,) if isinstance(states, torch.Tensor) else states
