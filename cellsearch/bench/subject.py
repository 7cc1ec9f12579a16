"""One variant's language model, ready to be timed on random tokens."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from cellsearch.config import TrialConfig
from cellsearch.nn.language_model import LanguageModel
from cellsearch.nn.model import DTYPES


class Subject:
    """A model at a trial's sizes, with one segment of B·T random tokens.

    Attributes:
        tokens: B·T.
        repeats: how often a step is made for one sample; set once, from the base.
    """

    def __init__(self, trial: TrialConfig, vocabulary: int) -> None:
        self.trial = trial
        self.vocabulary = vocabulary
        shape = (trial.train.segment, trial.train.batch)
        self.tokens = shape[0] * shape[1]
        self.inputs = torch.randint(vocabulary, shape, generator=_generator())
        self.targets = torch.randint(vocabulary, shape, generator=_generator()).flatten()
        self.model = self.build(trial.backend, DTYPES[trial.train.dtype])
        self.repeats = 1

    def build(self, backend: str, dtype: torch.dtype) -> LanguageModel:
        """The trial's model on a backend, with the same weights every time."""
        trial = self.trial
        (cell,) = trial.cells.values()
        model = LanguageModel(self.vocabulary, trial.model, cell, backend, dtype)
        model.reset_parameters(lambda *_: _generator())
        return model

    def compares(self, name: str) -> bool:
        """Whether the loss or gradient of that name stands beside the reference's: all do."""
        return True

    def loss(self, model: LanguageModel) -> Tensor:
        """Mean cross entropy of the segment, from the start."""
        scores, _ = model(self.inputs, noise=lambda _: _generator())
        return cross_entropy(scores.flatten(0, 1), self.targets)

    def training_seconds(self) -> float:
        """Median seconds of forward and backward."""
        self.model.train()
        return self._median(self._step)

    def forward_seconds(self) -> float:
        """Median seconds of forward alone, in evaluation mode, without a history."""
        self.model.eval()
        with torch.no_grad():
            return self._median(lambda: self.loss(self.model))

    def _step(self) -> None:
        self.model.zero_grad(set_to_none=True)
        torch.autograd.backward(self.loss(self.model))

    def _median(self, work: Callable[[], object]) -> float:
        return median(_seconds(work) for _ in range(self.repeats))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)
