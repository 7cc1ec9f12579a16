"""A unit that tracks something is found, and judged on text in which it was not looked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from cellsearch import data
from cellsearch.config import ModelConfig, TaskConfig
from cellsearch.data import Corpus
from cellsearch.nn.language_model import LanguageModel
from cellsearch.recorded import Target
from cellsearch.recordings.fits import Cuts, balanced_accuracy, correlations
from cellsearch.recordings.reading import recorder_of
from cellsearch.recordings.targets import READABLE
from cellsearch.recordings.units import units

# Unit 5 of c counts the brackets that are open; the others forget at once what they read.
COUNTER = """cell counter(x; c)
    c' = keep * c + x
    y  = tanh(U @ c')
    output y
    needs X = H
    param U
    param keep = 0
"""
UNIT = 5


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return data.load(TaskConfig(corpus="grammar:train=2000,valid=60000,test=5000"))


@pytest.fixture(scope="module")
def model(corpus: Corpus) -> LanguageModel:
    generator = torch.Generator().manual_seed(0)
    made = LanguageModel(len(corpus.vocabulary), ModelConfig(hidden=8), COUNTER)
    for weight in made.parameters():
        torch.nn.init.normal_(weight, generator=generator)
    with torch.no_grad():
        keep = made.cells.layers[0]["keep"]  # type: ignore[index]
        keep.zero_()
        keep[UNIT] = 1
        steps = {"(": -1.0, "[": -1.0, ")": 1.0, "]": 1.0}
        each = [steps.get(symbol, 0.0) for symbol in corpus.vocabulary]
        made.embedding[:, UNIT] = torch.tensor(each)
    return made


@pytest.fixture(scope="module")
def found(model: LanguageModel, corpus: Corpus) -> Iterator[dict[str, Target]]:
    arrays, facts = units(recorder_of(model, ["c'"]), corpus)
    assert set(arrays) == {str(i) for i in range(len(facts.targets))}
    assert "inside quotes" in facts.skipped
    return {target.name: target for target in facts.targets}  # type: ignore[return-value]


def test_the_unit_that_counts_is_the_best(found: dict[str, Target]) -> None:
    brackets, depth = found["inside brackets"], found["depth of brackets"]
    assert [(t.units[0].state, t.units[0].layer, t.units[0].index) for t in (brackets, depth)] == [
        ("c", 0, UNIT),
        ("c", 0, UNIT),
    ]
    best = brackets.units[0]
    # Streams begin in the middle: what was opened before is not known.
    assert best.above is False
    assert best.score > 0.7
    assert best.accuracy is not None
    assert brackets.chance is not None
    assert best.accuracy > brackets.chance + 0.1
    assert [u.found for u in brackets.units] == sorted(u.found for u in brackets.units)[::-1]


def test_scores_are_those_of_the_other_half(
    found: dict[str, Target], model: LanguageModel, corpus: Corpus
) -> None:
    """Read anew, stream by stream, and counted by hand."""
    from cellsearch.recordings.units import STEPS, STREAMS, WARMUP

    middle = len(corpus.valid) // 2
    half = corpus.valid[middle : 2 * middle]
    want = next(r for r in READABLE if r.name == "inside brackets").of(corpus.decode(half))
    target = found["inside brackets"]
    best = target.units[0]
    right = {True: [0, 0], False: [0, 0]}
    embedding = model.embedding[:, UNIT].tolist()
    for start in np.linspace(0, middle - STEPS - WARMUP, STREAMS).astype(int):
        value = 0.0
        for i in range(start, start + STEPS + WARMUP):
            value += embedding[half[i]]
            if i >= start + WARMUP:
                there = bool(want[i])
                says = (value >= best.threshold) == best.above  # type: ignore[operator]
                right[there][0] += says == there
                right[there][1] += 1
    balanced = sum(good / all_ for good, all_ in right.values()) / 2
    assert best.score == pytest.approx(balanced)
    share = right[True][1] / (right[True][1] + right[False][1])
    assert target.share == pytest.approx(share)
    assert target.chance == pytest.approx(max(share, 1 - share))


def test_a_character_that_is_unknown_is_one_character(
    found: dict[str, Target], model: LanguageModel, corpus: Corpus
) -> None:
    """The unit that counts knows no letter: without some of them its scores are the same."""
    valid, unknown = corpus.valid.copy(), len(corpus.vocabulary)
    letters = [i for i, symbol in enumerate(corpus.vocabulary) if symbol.isalpha()]
    valid[np.flatnonzero(np.isin(valid, letters))[::50]] = unknown
    lacking = replace(corpus, vocabulary=(*corpus.vocabulary, "<unk>"), valid=valid)
    copy = recorder_of(model, ["c'"])
    rows = torch.cat([copy.embedding.detach(), torch.zeros(1, 8)])
    copy.embedding = torch.nn.Parameter(rows, requires_grad=False)
    _, facts = units(copy, lacking)
    targets = {target.name: target for target in facts.targets}
    for name in ("inside brackets", "depth of brackets"):
        assert targets[name].units[0] == found[name].units[0]
        assert len(targets[name].text) == len(found[name].text)
    assert any("\N{REPLACEMENT CHARACTER}" in target.text for target in facts.targets)


def test_chance_is_what_units_of_noise_have_on_the_other_text() -> None:
    rng = np.random.default_rng(0)
    values, is_there = rng.normal(size=(2, 4000, 50)), rng.random((2, 4000)) < 0.2
    cuts = Cuts(values[0], is_there[0]).balanced()
    best = max(range(50), key=lambda u: cuts[u].score)
    assert cuts[best].score > 0.52
    judged = [balanced_accuracy(c.says(values[1][:, u]), is_there[1]) for u, c in enumerate(cuts)]
    assert np.mean(judged) == pytest.approx(0.5, abs=0.01)


def test_cuts_are_the_best_of_all_thresholds() -> None:
    rng = np.random.default_rng(1)
    is_there = rng.random(500) < 0.3
    values = np.stack([rng.normal(size=500) + shift * is_there for shift in (1, -2)], axis=1)
    cuts = Cuts(values, is_there)
    for unit, (balanced, plain) in enumerate(zip(cuts.balanced(), cuts.plain(), strict=True)):
        own = values[:, unit]
        edges = np.linspace(own.min(), own.max(), 65)[1:-1]
        says = [(own >= e) == above for e in edges for above in (True, False)]
        assert balanced.score == pytest.approx(max(balanced_accuracy(s, is_there) for s in says))
        assert plain.score == pytest.approx(max((s == is_there).mean() for s in says))
        assert balanced.above is (unit == 0)
        assert balanced_accuracy(balanced.says(own), is_there) == pytest.approx(balanced.score)


def test_correlations_are_numpys() -> None:
    rng = np.random.default_rng(2)
    number = rng.normal(size=200)
    values = np.stack([number + rng.normal(size=200), -number, np.ones(200)], axis=1)
    want = [abs(np.corrcoef(values[:, u], number)[0, 1]) for u in (0, 1)]
    np.testing.assert_allclose(correlations(values, number), [*want, 0])
