import pytest

from cellsearch import tasks
from cellsearch.config import TrialConfig
from cellsearch.errors import ConfigError, TrialError
from cellsearch.tasks.language_model import LanguageModelTask
from cellsearch.testing.tasks import TaskContract
from cellsearch.train.trainer import Trainer


class TestLanguageModel(TaskContract):
    @pytest.fixture(autouse=True)
    def _made(self, trial):
        self._trial = trial("gru_zoneout", model={"dropout": {"embedding": 0.1, "output": 0.1}})

    def trial(self) -> TrialConfig:
        return self._trial


def test_the_language_model_is_found_by_its_name():
    assert tasks.names() == ("language_model",)
    assert tasks.find("language_model") is LanguageModelTask
    metric = LanguageModelTask.metric
    assert (metric.name, metric.better, metric.compare) == ("test_loss", "lower", "ratio")


def test_an_unknown_task_is_refused():
    with pytest.raises(ConfigError, match="unknown task 'language-model'; nearest is"):
        tasks.find("language-model")


def test_another_package_can_offer_one(offered):
    offered("cellsearch.tasks", "theirs", "cellsearch.tasks.language_model:LanguageModelTask")
    assert tasks.names() == ("language_model", "theirs")
    assert tasks.find("theirs") is LanguageModelTask


def test_what_is_no_task_is_refused(offered):
    offered("cellsearch.tasks", "theirs", "math:pi")
    with pytest.raises(ConfigError, match=r"task 'theirs': got 3\.14"):
        tasks.find("theirs")


def test_a_language_model_has_one_cell(trial):
    one = trial()
    two = one.model_copy(update={"cells": one.cells | {"decoder": one.cells["cell"]}})
    with pytest.raises(TrialError, match=r"has one cell, got \['cell', 'decoder'\]"):
        Trainer(two)
