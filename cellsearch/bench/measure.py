"""Measured cost: microseconds per token, side by side with the base, and peak memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import ceil

import numpy as np
import torch

from cellsearch.bench.check import check
from cellsearch.bench.collection import no_collection
from cellsearch.bench.memory import peak_bytes
from cellsearch.bench.subject import Subject, Way
from cellsearch.bench.vendor import subject as subject_of
from cellsearch.config import TrialConfig
from cellsearch.errors import TrialError
from cellsearch.record import BenchLine, Memory, Timed
from cellsearch.where import where

# What one sample of the base should take, so that a clock's tick and a short pause are nothing.
SAMPLE_SECONDS: dict[Way, float] = {"training": 0.2, "forward": 0.04, "generation": 0.04}
# Microseconds per token of each round.
_Samples = dict[Way, list[float]]


def measure(
    trials: Sequence[TrialConfig],
    vocabulary: int,
    *,
    rounds: int = 5,
    notify: Callable[[str], None] | None = None,
    refused: Callable[[TrialError], None] | None = None,
) -> list[BenchLine]:
    """Time training (forward and backward), forward alone and generation, of every variant.

    Generation is as a user samples: batch 1, a token after the other, each drawn from the softmax.
    Peak memory of training is counted once, since it is the same each time.

    Every round times every variant once, each round beginning with another of them, so that a
    drift of the machine hits all alike; the ratio to the base is the median over the rounds of
    the ratios within one. Tokens are random: no text is needed. Run nothing beside it.

    Args:
        trials: one per variant, the base first; sizes, dtype, threads and backend are theirs.
        vocabulary: V.
        rounds: how often each is timed.
        notify: told, in words, what is being timed.
        refused: told of a variant whose numerics disagree with the reference: it has no speed, and
            the others are timed without it.

    Raises:
        TrialError: such a variant is the base, or there is no `refused` to be told.
    """
    with _globals_kept():
        subjects = list(_ready(trials, vocabulary, refused))
        repeats = {way: _repeats(subjects[0], way) for way in SAMPLE_SECONDS}
        peaks = [peak_bytes(subject) for subject in subjects]
        for subject in subjects:
            subject.repeats = repeats
        samples: list[_Samples] = [{way: [] for way in SAMPLE_SECONDS} for _ in subjects]
        for k in range(rounds):
            if notify is not None:
                notify(f"timing {len(subjects)} variants, round {k + 1} of {rounds}")
            _round(subjects, samples, first=k % len(subjects))
    found = zip(subjects, samples, peaks, strict=True)
    return [_line(s, own, samples[0], Memory.of(peak, peaks[0])) for s, own, peak in found]


def _repeats(base: Subject, way: Way) -> int:
    _, tokens = base.works()[way]
    return ceil(SAMPLE_SECONDS[way] / max(base.us_per_token(way) * tokens / 1e6, 1e-6))


def _ready(
    trials: Sequence[TrialConfig],
    vocabulary: int,
    refused: Callable[[TrialError], None] | None,
) -> Iterator[Subject]:
    for trial in trials:
        torch.set_num_threads(trial.train.threads)
        subject = subject_of(trial, vocabulary)
        try:
            check(subject)
        except TrialError as error:
            if refused is None or trial is trials[0]:
                raise
            refused(error)
            continue
        for way in SAMPLE_SECONDS:
            subject.us_per_token(way)
        yield subject


def _round(subjects: Sequence[Subject], samples: Sequence[_Samples], first: int) -> None:
    order = [*range(first, len(subjects)), *range(first)]
    for i in order:
        subject, own = subjects[i], samples[i]
        torch.set_num_threads(subject.trial.train.threads)
        with no_collection():
            for way, found in own.items():
                found.append(subject.us_per_token(way))


def _line(subject: Subject, own: _Samples, base: _Samples, memory: Memory) -> BenchLine:
    training = _timed(own["training"], base["training"])
    return BenchLine(
        variant=subject.trial.variant,
        us_per_token_training=training.us_per_token,
        us_per_token_forward=float(np.median(own["forward"])),
        us_low=training.us_low,
        us_high=training.us_high,
        ratio_to_base=training.ratio_to_base,
        ratio_low=training.ratio_low,
        ratio_high=training.ratio_high,
        generation=_timed(own["generation"], base["generation"]),
        memory=memory,
        rounds=len(own["training"]),
        where=where(subject.trial.train.threads, subject.model.cells.backend),
    )


def _timed(own: Sequence[float], base: Sequence[float]) -> Timed:
    low, middle, high = _quartiles(own)
    ratio_low, ratio, ratio_high = _quartiles([a / b for a, b in zip(own, base, strict=True)])
    return Timed(
        us_per_token=middle,
        us_low=low,
        us_high=high,
        ratio_to_base=ratio,
        ratio_low=ratio_low,
        ratio_high=ratio_high,
    )


def _quartiles(numbers: Sequence[float]) -> tuple[float, float, float]:
    low, middle, high = np.quantile(numbers, (0.25, 0.5, 0.75)).tolist()
    return low, middle, high


@contextmanager
def _globals_kept() -> Iterator[None]:
    """Threads as they were, and torch's generator: modules draw from it when they are made."""
    before = torch.get_num_threads()
    try:
        with torch.random.fork_rng(devices=()):
            yield
    finally:
        torch.set_num_threads(before)
