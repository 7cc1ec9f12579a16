"""Language modelling: predict each token of a text from those before it."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from cellsearch import data
from cellsearch.config import TrialConfig
from cellsearch.data import Corpus, Streams, evaluation_segments
from cellsearch.errors import DataError, TrialError
from cellsearch.nn.language_model import LanguageModel
from cellsearch.nn.model import DTYPES, Model, Noise, States
from cellsearch.tasks.base import Evaluation, Metric, Split, Task


class LanguageModelTask(Task):
    """Truncated backpropagation through B streams of one text, read as a circle."""

    metric: ClassVar[Metric] = Metric("test_loss", better="lower", compare="ratio")

    def __init__(self, trial: TrialConfig, order: np.random.Generator) -> None:
        self.trial = trial
        self.corpus = _corpus(trial)
        tokens, train = self.corpus.train, trial.train
        offset = int(order.integers(len(tokens)))
        self.streams = Streams(tokens, train.batch, train.segment, offset)

    @property
    def uniform_loss(self) -> float:
        """ln V."""
        return math.log(len(self.corpus.vocabulary))

    def model(self) -> LanguageModel:
        """Embedding, cells, softmax, with weights not yet drawn."""
        trial = self.trial
        if len(trial.cells) != 1:
            raise TrialError(f"a language model has one cell, got {sorted(trial.cells)}")
        (cell,) = trial.cells.values()
        dtype = DTYPES[trial.train.dtype]
        return LanguageModel(len(self.corpus.vocabulary), trial.model, cell, trial.backend, dtype)

    def loss(self, model: Model, step: int, states: States, noise: Noise) -> tuple[Tensor, States]:
        """Mean cross entropy over a segment, in nats per token."""
        inputs, targets = self.streams.segment(step)
        scores, states = model(torch.from_numpy(inputs), states, noise=noise)
        return cross_entropy(scores.flatten(0, 1), torch.from_numpy(targets).flatten()), states

    def evaluate(self, model: Model, split: Split, states: States | None = None) -> Evaluation:
        """Losses of a held-out text over `evaluation_streams` streams, each warmed."""
        tokens = self.corpus.valid if split == "valid" else self.corpus.test
        return evaluate(model, tokens, self.trial, states)


@torch.no_grad()
def evaluate(
    model: Model,
    tokens: NDArray[np.int32],
    trial: TrialConfig,
    states: States | None = None,
) -> Evaluation:
    """The loss of every counted token, with the model in evaluation mode.

    Args:
        model: a language model; left in the mode that it came in.
        tokens: the text, [N].
        trial: says how the text is read (`task.evaluation_streams`, …, `train.segment`).
        states: the streams' states before their first token; the start where left out.
    """
    losses = np.full(len(tokens), np.nan)
    counted = np.zeros(len(tokens), dtype=bool)
    streams, warmup = trial.task.evaluation_streams, trial.task.evaluation_warmup
    training = model.training
    model.eval()
    for piece in evaluation_segments(tokens, streams, warmup, trial.train.segment):
        scores, states = model(torch.from_numpy(piece.inputs), states)
        here = piece.position >= 0
        losses[piece.position[here]] = _cross_entropies(scores, piece.targets)[here]
        counted[piece.position[here]] = True
    model.train(training)
    return Evaluation(losses[counted])


def _cross_entropies(scores: Tensor, targets: NDArray[np.int64]) -> NDArray[np.float64]:
    # [T, S, V] and [T, S] -> [T, S]
    each = cross_entropy(
        scores.flatten(0, 1), torch.from_numpy(targets).flatten(), reduction="none"
    )
    return each.double().view(targets.shape).numpy()


def _corpus(trial: TrialConfig) -> Corpus:
    corpus = data.load(trial.task)
    if corpus.sha256 != trial.data_sha256:
        raise DataError(
            f"the text of '{corpus.name}' is not the one that was planned: "
            f"got sha256 {corpus.sha256}, expected {trial.data_sha256}"
        )
    return corpus
