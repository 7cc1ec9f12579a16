"""Layers of different widths: what a layer has not is NaN, and in no count."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cellsearch import data
from cellsearch.config import ModelConfig, TaskConfig
from cellsearch.data import Corpus
from cellsearch.nn.language_model import LanguageModel
from cellsearch.recorded import Array, from_bytes
from cellsearch.recordings import Recorder
from cellsearch.recordings.reading import STEPS, WARMUP, read, recorder_of, windows
from cellsearch.recordings.units import units

# A gate on x, which is remembered; its state is as wide as x, too.
GATED = """cell gated(x; h, s: X)
    a  = sigmoid(Wa @ h + ba)
    h' = tanh(W @ (a * x) + U @ h + Vh @ s + bh)
    s' = 1.5 + a * delay(x, 1)
    init s = 1.5
"""
WIDTH, H = {0: 6, 1: 4}, 4


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return data.load(TaskConfig(corpus="grammar:train=2000,valid=9000,test=1000"))


def model_of(corpus: Corpus, embedding: int, hidden: int) -> LanguageModel:
    config = ModelConfig(hidden=hidden, embedding=embedding, layers=2)
    made = LanguageModel(len(corpus.vocabulary), config, GATED, "reference")
    generator = torch.Generator().manual_seed(0)
    for weight in made.parameters():
        torch.nn.init.normal_(weight, generator=generator)
    return made


@pytest.fixture(scope="module")
def model(corpus: Corpus) -> LanguageModel:
    return model_of(corpus, WIDTH[0], H)


@pytest.fixture(scope="module")
def arrays(model: LanguageModel, corpus: Corpus) -> dict[str, Array]:
    kinds, draws = ("flow", "gates", "states"), np.random.default_rng(0)
    recorder = Recorder(kinds, model, corpus, 1, 1, draws)
    recorder.look(0)
    return from_bytes(recorder.content(whole=False))[0]


@pytest.fixture(scope="module")
def recorded(model: LanguageModel, corpus: Corpus) -> dict[str, list[Array]]:
    """By name and layer [T, B, own units]."""
    copy = recorder_of(model, ["a", "s", "delay(x, 1)"])
    reading = read(copy, windows(corpus.valid, STEPS, 16))
    names = copy.cells.record
    return {n: [reading.values(n)[k][..., : WIDTH[k]] for k in (0, 1)] for n in names}


@pytest.mark.parametrize(
    "name",
    ["gates/a/left", "gates/a/right", "gates/a/mean", "flow/left/s", "flow/left/delay(x, 1)"],
)
def test_what_a_layer_has_not_is_no_number(arrays: dict[str, Array], name: str) -> None:
    is_there = np.arange(WIDTH[0]) < np.array([[WIDTH[0]], [WIDTH[1]]])
    np.testing.assert_array_equal(np.isfinite(arrays[name][0]), is_there)


def test_gates_are_those_of_the_layer(
    arrays: dict[str, Array], recorded: dict[str, list[Array]]
) -> None:
    for k, values in enumerate(v[WARMUP:] for v in recorded["a"]):
        own = slice(WIDTH[k])
        mean, left = arrays["gates/a/mean"][0, k, own], arrays["gates/a/left"][0, k, own]
        np.testing.assert_allclose(mean, values.mean((0, 1)), rtol=1e-5)
        np.testing.assert_allclose(left, (values < 0.1).mean((0, 1)), rtol=1e-5)
        bins = np.histogram(values, 20, (0, 1))[0] / values.size
        np.testing.assert_allclose(arrays["gates/a/histogram"][0, k], bins, atol=1e-4)


@pytest.mark.parametrize("name", ["s", "delay(x, 1)"])
def test_quantiles_are_those_of_the_layer(
    arrays: dict[str, Array], recorded: dict[str, list[Array]], name: str
) -> None:
    for found, values in zip(arrays[f"states/{name}"][0], recorded[name], strict=True):
        flat = values.reshape(STEPS, -1)
        want = np.quantile(flat, (0, 0.01, 0.5, 0.99, 1), axis=1, method="nearest").T
        np.testing.assert_allclose(found[:, [0, 4]], want[:, [0, 4]])
        np.testing.assert_allclose(found[:, 2], want[:, 2], atol=0.1)


def test_units_are_those_of_the_layers(corpus: Corpus) -> None:
    """Of the four that there are, and no fifth."""
    _, facts = units(recorder_of(model_of(corpus, 3, 1), ["s'"]), corpus)
    assert facts.targets
    for target in facts.targets:
        found = sorted((unit.layer, unit.index) for unit in target.units)
        assert found == [(0, 0), (0, 1), (0, 2), (1, 0)]
