"""A recurrent language model: embedding, stack of cells, softmax."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import cast

import torch
from torch import Tensor
from torch.nn.functional import embedding, linear

from cellsearch.config import ModelConfig
from cellsearch.errors import TrialError, nearest
from cellsearch.ir import Cell
from cellsearch.nn.dropout import dropout
from cellsearch.nn.model import Draw, Model, Noise, States
from cellsearch.nn.rnn import RNN
from cellsearch.nn.weights import Layer

# What a weight starts as: fills it from a generator.
Law = Callable[[Tensor, torch.Generator], Tensor]


class LanguageModel(Model):
    """Predicts the next token of each of B streams.

    Tied embeddings (Press & Wolf 2017; Inan et al. 2017) let the softmax use the embedding's
    matrix; where the cells' output is not as wide as the embedding, a projection without a bias
    stands between them. The softmax always has a bias; `config.bias` speaks of the cells.

    Args:
        vocabulary: V, the number of tokens.
        config: widths, layers, tying and dropout.
        cell: the cell, or its text.
        backend: what runs the cell.
        dtype: of every weight.
        record: what the cells record, see `RNN`.
    """

    def __init__(
        self,
        vocabulary: int,
        config: ModelConfig,
        cell: Cell | str,
        backend: str = "auto",
        dtype: torch.dtype = torch.float32,
        record: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.config = config
        width = config.embedding or config.hidden
        self.cells = _cells(config, cell, width, backend, dtype, record)
        self.embedding = _weight(vocabulary, width, dtype)
        out = self.cells.output_size
        self.projection = _weight(width, out, dtype) if config.tied and out != width else None
        self.softmax = None if config.tied else _weight(vocabulary, out, dtype)
        self.softmax_bias = _weight(vocabulary, None, dtype)

    def start(self, batch: int) -> States:
        """The state before the first token, for `batch` streams."""
        states: States = self.cells.start(batch)
        return states

    def forward(
        self, tokens: Tensor, states: States | None = None, *, noise: Noise | None = None
    ) -> tuple[Tensor, States]:
        """Scores of the token that follows each token.

        Args:
            tokens: int64 [T, B].
            states: as returned; the start where left out.
            noise: in training, the generator of a part's noise: `embedding`, `cells`, `output`.
                Each part has its own, so that variants share the masks outside their cells.

        Returns:
            Scores before the softmax [T, B, V], and the states after the last token.
        """
        rates = self.config.dropout
        x = embedding(tokens, self.embedding)
        x = self._drop(x, rates.embedding, noise, "embedding")
        y, states = self.cells(x, states, generator=self._generator(noise, "cells"))
        y = self._drop(y, rates.output, noise, "output")
        return self.scores(y), states

    def scores(self, y: Tensor) -> Tensor:
        """Scores before the softmax [..., V] of the cells' outputs [..., width]."""
        if self.projection is not None:
            y = linear(y, self.projection)
        matrix = self.embedding if self.softmax is None else self.softmax
        return linear(y, matrix, self.softmax_bias)

    def reset_parameters(self, draw: Draw) -> None:
        """Draw every weight anew, each from the generator of its own key.

        The embedding: normal(0, 1), as `torch.nn.Embedding`. Softmax and projection:
        uniform(-1/sqrt(n), 1/sqrt(n)) of their n inputs; the bias is 0. The cells: as they say.
        Where `config.init` is a number a, all of it is uniform(-a, a) instead.
        """
        bound = self.config.init
        self.cells.reset_parameters(lambda *key: draw("cell", *key), bound)
        for part, own in _LAWS.items():
            weight = getattr(self, part)
            if weight is not None:
                _fill(weight, own if bound is None else _within(bound), draw, part)

    @torch.no_grad()
    def negate(self, names: Sequence[str]) -> None:
        """Negate these weights of the cells, in every layer.

        Raises:
            TrialError: the cell has no such weight.
        """
        for layer in cast(Iterable[Layer], self.cells.layers):
            for name in names:
                if name not in layer:
                    raise TrialError(f"no weight '{name}' to negate{nearest(name, layer)}")
                layer[name].neg_()

    def _generator(self, noise: Noise | None, part: str) -> torch.Generator | None:
        return noise(part) if noise is not None and self.training else None

    def _drop(self, x: Tensor, rate: float, noise: Noise | None, part: str) -> Tensor:
        if rate == 0.0 or not self.training:
            return x
        generator = self._generator(noise, part)
        return dropout(x, rate, True, generator, self.config.dropout.variational)


def _cells(
    config: ModelConfig,
    cell: Cell | str,
    width: int,
    backend: str,
    dtype: torch.dtype,
    record: Sequence[str],
) -> RNN:
    return RNN(
        cell,
        width,
        config.hidden,
        config.layers,
        bias=config.bias,
        dropout=config.dropout.between,
        variational=config.dropout.variational,
        backend=backend,
        dtype=dtype,
        record=record,
    )


def _weight(rows: int, columns: int | None, dtype: torch.dtype) -> torch.nn.Parameter:
    shape = (rows,) if columns is None else (rows, columns)
    return torch.nn.Parameter(torch.zeros(shape, dtype=dtype))


def _fill(weight: Tensor, law: Law, draw: Draw, part: str) -> None:
    # Drawn in float64, so that a trial in float32 starts from the same numbers, rounded.
    drawn = torch.empty(weight.shape, dtype=torch.float64)
    with torch.no_grad():
        weight.copy_(law(drawn, draw(part, 0, "forwards", "weight")))


def _normal(weight: Tensor, generator: torch.Generator) -> Tensor:
    return weight.normal_(generator=generator)


def _linear(weight: Tensor, generator: torch.Generator) -> Tensor:
    return _within(weight.shape[1] ** -0.5)(weight, generator)


def _zero(weight: Tensor, _: torch.Generator) -> Tensor:
    return weight.zero_()


def _within(bound: float) -> Law:
    return lambda weight, generator: weight.uniform_(-bound, bound, generator=generator)


# The parts around the cells, and their own laws.
_LAWS: dict[str, Law] = {
    "embedding": _normal,
    "projection": _linear,
    "softmax": _linear,
    "softmax_bias": _zero,
}
