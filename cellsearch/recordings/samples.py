"""Samples: what a model writes after a prompt, and how varied it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from cellsearch.data import Corpus
from cellsearch.data.vocabulary import END
from cellsearch.nn.language_model import LanguageModel
from cellsearch.recorded import Array, Sample, SamplesFacts
from cellsearch.recordings.reading import Ids

# None is argmax.
TEMPERATURES = (None, 0.5, 0.8, 1.0)
PROMPT, LENGTH = 64, 300
DISTINCT, REPEATED = 4, 16


def samples(model: LanguageModel, corpus: Corpus, draws: np.random.Generator) -> SamplesFacts:
    """Texts after a piece of the validation text, and what stands there."""
    start = _start_of_line(corpus)
    held = corpus.valid[start : start + PROMPT + LENGTH].astype(np.int64)
    prompt, held_out = held[:PROMPT], held[PROMPT:]
    written = continued(model, prompt, LENGTH, TEMPERATURES, draws)
    pairs = zip(TEMPERATURES, written.T, strict=True)
    return SamplesFacts(
        prompt=corpus.decode(prompt),
        samples=tuple(_sample(ids, temperature, corpus) for temperature, ids in pairs),
        held_out=_sample(held_out, None, corpus),
    )


@torch.no_grad()
def continued(
    model: LanguageModel,
    prompt: Ids,
    length: int,
    temperatures: Sequence[float | None],
    draws: np.random.Generator,
) -> Ids:
    """What the model writes after a prompt, at each temperature: [length, temperatures].

    Args:
        model: left in the mode that it came in.
        prompt: ids, [N], at least one.
        length: tokens to write.
        temperatures: by which scores are divided before the softmax; None takes the largest.
        draws: one number for each token, so that models with equal chances write the same.
    """
    training = model.training
    model.eval()
    ids = torch.from_numpy(prompt)[:, None].expand(-1, len(temperatures))
    states, found = None, []
    for chances in draws.random((length, len(temperatures))):
        scores, states = model(ids, states)
        following = _drawn(scores[-1].double().numpy(), temperatures, chances)
        found.append(following)
        ids = torch.from_numpy(following)[None]
    model.train(training)
    written: Ids = np.stack(found)
    return written


def _drawn(scores: Array, temperatures: Sequence[float | None], chances: Array) -> Ids:
    """The next token of each, from scores [temperatures, V]."""
    found: Ids = scores.argmax(1)
    for i, temperature in enumerate(temperatures):
        if temperature is not None:
            shares = np.exp((scores[i] - scores[i].max()) / temperature).cumsum()
            found[i] = np.searchsorted(shares, chances[i] * shares[-1], side="right")
    return found


def _sample(ids: Ids, temperature: float | None, corpus: Corpus) -> Sample:
    return Sample(
        temperature=temperature,
        text=corpus.decode(ids),
        distinct=distinct(ids),
        repeated=repeated(ids),
    )


def distinct(ids: Ids) -> float:
    """Distinct 4-grams as a share of all (Li et al. 2016); 1 where there is none."""
    grams = _grams(ids, DISTINCT)
    return len(set(grams)) / len(grams) if grams else 1.0


def repeated(ids: Ids) -> float:
    """The share of tokens that lie in a 16-gram which has stood in the text before."""
    seen: set[tuple[int, ...]] = set()
    again = np.zeros(len(ids), dtype=bool)
    for i, gram in enumerate(_grams(ids, REPEATED)):
        if gram in seen:
            again[i : i + REPEATED] = True
        seen.add(gram)
    return float(again.mean()) if len(ids) else 0.0


def _grams(ids: Ids, n: int) -> list[tuple[int, ...]]:
    held = ids.tolist()
    return [tuple(held[i : i + n]) for i in range(len(held) - n + 1)]


def _start_of_line(corpus: Corpus) -> int:
    """The beginning of the second half's first whole line with something in it, or of that half."""
    middle = len(corpus.valid) // 2
    ends = [i for i, symbol in enumerate(corpus.vocabulary) if symbol in ("\n", END)]
    is_end = np.isin(corpus.valid[middle : len(corpus.valid) - PROMPT - LENGTH], ends)
    lines = np.flatnonzero(is_end[:-1] & ~is_end[1:])
    return middle + (int(lines[0]) + 1 if lines.size else 0)
