"""Cells of every kind are recorded, and what is written has all that the facts speak of."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cellsearch import data
from cellsearch.config import KINDS, ModelConfig, TaskConfig
from cellsearch.data import Corpus
from cellsearch.lang import edit_cell, load_cell
from cellsearch.nn.language_model import LanguageModel
from cellsearch.recorded import from_bytes
from cellsearch.recordings import Recorder
from cellsearch.report.data.recordings import _recordings

STEPS, PER_STEP, H = 20, 7, 6
CORPUS = "grammar:train=2000,valid=2000,test=1000"


@pytest.fixture(autouse=True)
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cellsearch.recordings.recorder.WINDOWS", 3)
    monkeypatch.setattr("cellsearch.recordings.units.STEPS", 10)
    monkeypatch.setattr("cellsearch.recordings.samples.LENGTH", 5)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return data.load(TaskConfig(corpus=CORPUS, evaluation_streams=4))


def model_of(corpus: Corpus, cell: str, edit: str | None = None, layers: int = 1) -> LanguageModel:
    changed = edit_cell(load_cell(cell), [edit]) if edit else load_cell(cell)
    config = ModelConfig(hidden=H, layers=layers)
    model = LanguageModel(len(corpus.vocabulary), config, changed, "reference")
    generator = torch.Generator().manual_seed(0)
    model.reset_parameters(lambda *key: generator)
    return model


@pytest.mark.parametrize(
    ("cell", "edit", "states", "gates", "held"),
    [
        ("lstm", "o = 1", "h|c", "i f", "i f"),
        # A start of weights that speaks of one which goes with the gate.
        ("lstm_chrono", None, "h|c", "i f o", "i f o"),
        # Without its gate it carries nothing.
        ("jordan", None, "y", "h", ""),
        # A matrix as a state, and a gate that has to be a vector.
        ("gla", None, "S", "a", ""),
        # Gates that are remembered, too.
        ("greff_fgr", None, "h|c|delay(i, 1)|delay(f, 1)|delay(o, 1)", "i f o", ""),
    ],
)
def test_what_is_recorded_of_a_cell(
    corpus: Corpus, cell: str, edit: str | None, states: str, gates: str, held: str
) -> None:
    model = model_of(corpus, cell, edit, layers=2)
    recorder = Recorder(KINDS, model, corpus, STEPS, PER_STEP, np.random.default_rng(0))
    for step in range(STEPS + 1):
        recorder.look(step)
    found = _recordings(*from_bytes(recorder.content(whole=True)))
    assert found.points == (0, 2 * PER_STEP, 6 * PER_STEP, STEPS * PER_STEP)
    assert " ".join(g.name for g in found.gates) == gates
    assert all(g.left.shape == (4, 2, g.left.shape[2]) for g in found.gates)
    assert [s.name for s in found.states] == states.split("|")
    assert all(s.quantiles.shape == (4, 2, 112, 5) for s in found.states)
    assert found.flow is not None
    assert list(found.flow.states) == states.split("|")
    assert " ".join(found.flow.held) == held
    assert found.flow.total.shape == (4, 101)
    np.testing.assert_allclose(found.flow.total[:, 0], 1, rtol=1e-6)
    assert found.samples is not None


def test_the_start_of_a_state_lies_within_the_ends_that_are_foretold(corpus: Corpus) -> None:
    model = model_of(corpus, "cell above(x; h)\n    h' = 1 + sigmoid(W @ x + U @ h + bh)\n")
    recorder = Recorder(("states",), model, corpus, STEPS, PER_STEP, np.random.default_rng(0))
    recorder.look(0)
    (state,) = _recordings(*from_bytes(recorder.content(whole=True))).states
    assert (state.low, state.high) == (0, 2)
    assert (state.quantiles[:, :, 0] == 0).all()
    assert (state.quantiles[:, :, 1:] >= 1).all()


def test_where_nothing_is_put_out_no_gradient_flows(corpus: Corpus) -> None:
    model = model_of(corpus, "lstm", "o = 0")
    recorder = Recorder(KINDS, model, corpus, STEPS, PER_STEP, np.random.default_rng(0))
    recorder.look(0)
    found = _recordings(*from_bytes(recorder.content(whole=True)))
    assert found.flow is None
    assert [g.name for g in found.gates] == ["i", "f"]


def test_weights_of_the_model_are_read_anew_at_each_point(corpus: Corpus) -> None:
    model = model_of(corpus, "gru")
    recorder = Recorder(("gates",), model, corpus, STEPS, PER_STEP, np.random.default_rng(0))
    recorder.look(0)
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
    recorder.look(STEPS)
    arrays, _ = from_bytes(recorder.content(whole=True))
    mean = arrays["gates/z/mean"]
    np.testing.assert_array_equal(mean[-1], 0.5)
    assert (mean[0] != 0.5).all()
    assert all(weight.grad is None for weight in model.parameters())
