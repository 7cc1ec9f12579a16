"""One variant's language model, ready to be timed on random tokens."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, softmax

from cellsearch.config import TrialConfig
from cellsearch.nn.language_model import LanguageModel
from cellsearch.nn.model import DTYPES

# A step of training, forward and backward; forward alone; writing text, a token after the other.
Way = Literal["training", "forward", "generation"]
# How many tokens are written in one go.
SENTENCE = 16


class Subject:
    """A model at a trial's sizes, with one segment of B·T random tokens.

    Attributes:
        repeats: how often each way is gone for one sample; set once, from the base.
    """

    def __init__(self, trial: TrialConfig, vocabulary: int) -> None:
        self.trial = trial
        self.vocabulary = vocabulary
        shape = (trial.train.segment, trial.train.batch)
        self.inputs = torch.randint(vocabulary, shape, generator=_generator())
        self.targets = torch.randint(vocabulary, shape, generator=_generator()).flatten()
        self.model = self.build(trial.backend, DTYPES[trial.train.dtype])
        self.repeats: dict[Way, int] = {"training": 1, "forward": 1, "generation": 1}

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

    def us_per_token(self, way: Way) -> float:
        """Median microseconds per token. Only training keeps a history, and has noise."""
        work, tokens = self.works()[way]
        self.model.train(way == "training")
        with torch.set_grad_enabled(way == "training"):
            seconds = median(_seconds(work) for _ in range(self.repeats[way]))
        return seconds / tokens * 1e6

    def step(self, model: LanguageModel) -> None:
        """Forward and backward; the gradients stay."""
        model.zero_grad(set_to_none=True)
        torch.autograd.backward(self.loss(model))

    def write(self, model: LanguageModel) -> None:
        """Write `SENTENCE` tokens from the start at batch 1, each drawn after the one before."""
        token, states, generator = self.inputs[:1, :1], None, _generator()
        for _ in range(SENTENCE):
            scores, states = model(token, states)
            chances = softmax(scores.flatten(), 0)
            token = torch.multinomial(chances, 1, generator=generator)[None]

    def works(self) -> dict[Way, tuple[Callable[[], object], int]]:
        """What is done, and of how many tokens."""
        segment = self.inputs.numel()
        return {
            "training": (lambda: self.step(self.model), segment),
            "forward": (lambda: self.loss(self.model), segment),
            "generation": (lambda: self.write(self.model), SENTENCE),
        }


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)
