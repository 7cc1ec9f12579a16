"""Gradient flow against the product of Jacobians, which NumPy's oracle gives in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cellsearch.config import ModelConfig
from cellsearch.ir.evaluate import _Run
from cellsearch.lang import edit_cell, load_cell
from cellsearch.nn.language_model import LanguageModel
from cellsearch.recordings.flow import LEFT_LAG, flow
from cellsearch.recordings.named import Named
from cellsearch.recordings.reading import read, recorder_of, windows

V, H, LAGS, COUNT = 7, 4, 30, 2
# Small for the slope, and large for rounding.
NUDGE = 1e-5
Vector = np.ndarray


def trained(cell: str, edit: str | None) -> LanguageModel:
    """A model whose weights are large enough for gates to differ."""
    changed = edit_cell(load_cell(cell), [edit]) if edit else load_cell(cell)
    model = LanguageModel(V, ModelConfig(hidden=H), changed, dtype=torch.float64)
    generator = torch.Generator().manual_seed(3)
    for weight in model.parameters():
        torch.nn.init.uniform_(weight, -0.9, 0.9, generator=generator)
    return model


class Oracle:
    """One window, step by step, by the equations alone."""

    def __init__(self, model: LanguageModel, tokens: Vector) -> None:
        self.model, self.cell = model, model.cells.cell
        held = {n: w.detach().numpy() for n, w in model.named_parameters()}
        self.x, self.target = held["embedding"][tokens[:-1]], tokens[-1]
        self.softmax, self.bias = held["softmax"], held["softmax_bias"]
        layer = model.cells.layers[0].direction("forwards")  # type: ignore[operator]
        self.weights = {n: w.detach().numpy() for n, w in layer().items()}
        # Made once, for it unrolls the text each time.
        self.run = _Run(self.cell, self.weights, {"x": self.x}, H, None)
        self.names = [s.name for s in model.cells.graph.states]

    def step(self, t: int, state: Vector) -> Vector:
        given = dict(zip(self.names, np.split(state, len(self.names)), strict=True))
        self.run.inputs = {"x": self.x[t : t + 1]}
        _, after = self.run.run(given)
        return np.concatenate([after[s] for s in self.names])

    def jacobian(self, t: int, state: Vector) -> Vector:
        nudges = NUDGE * np.eye(len(state))
        columns = [(self.step(t, state + d) - self.step(t, state - d)) / 2 / NUDGE for d in nudges]
        return np.stack(columns, axis=1)

    def gradients(self) -> list[Vector]:
        """With respect to the state at lags 0 … K."""
        states = [np.zeros(H * len(self.names))]
        for t in range(len(self.x)):
            states.append(self.step(t, states[-1]))
        scores = self.softmax @ states[-1][:H] + self.bias
        shares = np.exp(scores) / np.exp(scores).sum()
        shares[self.target] -= 1
        found = [np.concatenate([self.softmax.T @ shares, np.zeros(len(states[0]) - H)])]
        for t in reversed(range(len(self.x))):
            found.append(self.jacobian(t, states[t]).T @ found[-1])
        return found[: LAGS + 1]


@pytest.mark.parametrize(
    ("cell", "edit"), [("rnn", None), ("gru", None), ("lstm", None), ("lstm", "f = 1")]
)
def test_the_decay_is_that_of_the_product_of_jacobians(cell: str, edit: str | None) -> None:
    model = trained(cell, edit)
    tokens = windows(np.random.default_rng(0).integers(0, V, 500).astype(np.int32), LAGS + 2, COUNT)
    named = Named.of(model.cells)
    curves = flow(read(recorder_of(model, named.flowing), tokens), named, LAGS)

    # [window, lag, state's units]
    want = np.array([Oracle(model, column).gradients() for column in tokens.T])
    injected = np.linalg.norm(want[:, 0], axis=1).mean()
    total = np.linalg.norm(want, axis=2) / injected
    np.testing.assert_allclose(curves["total"], total.mean(0), rtol=1e-6)
    low, high = np.quantile(total, (0.25, 0.75), axis=0)
    np.testing.assert_allclose(curves["low"], low, rtol=1e-6)
    np.testing.assert_allclose(curves["high"], high, rtol=1e-6)
    for k, state in enumerate(named.carried):
        own = want[:, :, k * H : (k + 1) * H]
        apart = np.linalg.norm(own, axis=2).mean(0) / injected
        np.testing.assert_allclose(curves[f"states/{state}"], apart, rtol=1e-6)
        rms = np.sqrt((own**2).mean(0))
        remaining = rms[LEFT_LAG] / rms[1]
        np.testing.assert_allclose(curves[f"left/{state}"][0], remaining, rtol=1e-6)
