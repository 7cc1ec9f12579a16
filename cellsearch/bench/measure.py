"""Measured cost: microseconds per token, alone on the device, side by side with the base."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil

import numpy as np
import torch

from cellsearch.bench.check import check
from cellsearch.bench.subject import Subject
from cellsearch.bench.vendor import subject as subject_of
from cellsearch.config import TrialConfig
from cellsearch.errors import TrialError
from cellsearch.record import BenchLine
from cellsearch.where import where

# What one sample of the base should take, so that a clock's tick and a short pause are nothing.
SAMPLE_SECONDS = 0.2


@dataclass
class _Samples:
    """Microseconds per token of each round."""

    training: list[float] = field(default_factory=list)
    forward: list[float] = field(default_factory=list)


def measure(
    trials: Sequence[TrialConfig],
    vocabulary: int,
    *,
    rounds: int = 5,
    notify: Callable[[str], None] | None = None,
    refused: Callable[[TrialError], None] | None = None,
) -> list[BenchLine]:
    """Time a training step (forward and backward) and forward alone, of every variant.

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
        repeats = ceil(SAMPLE_SECONDS / max(subjects[0].training_seconds(), 1e-6))
        for subject in subjects:
            subject.repeats = repeats
        samples = [_Samples() for _ in subjects]
        for k in range(rounds):
            if notify is not None:
                notify(f"timing {len(subjects)} variants, round {k + 1} of {rounds}")
            _round(subjects, samples, first=k % len(subjects))
    return [_line(s, own, samples[0]) for s, own in zip(subjects, samples, strict=True)]


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
        subject.training_seconds()
        subject.forward_seconds()
        yield subject


def _round(subjects: Sequence[Subject], samples: Sequence[_Samples], first: int) -> None:
    order = [*range(first, len(subjects)), *range(first)]
    for i in order:
        subject, own = subjects[i], samples[i]
        torch.set_num_threads(subject.trial.train.threads)
        with _no_collection():
            own.training.append(subject.training_seconds() / subject.tokens * 1e6)
            own.forward.append(subject.forward_seconds() / subject.tokens * 1e6)


def _line(subject: Subject, own: _Samples, base: _Samples) -> BenchLine:
    low, middle, high = (float(q) for q in np.quantile(own.training, (0.25, 0.5, 0.75)))
    ratios = np.array(own.training) / np.array(base.training)
    return BenchLine(
        variant=subject.trial.variant,
        us_per_token_training=middle,
        us_per_token_forward=float(np.median(own.forward)),
        us_low=low,
        us_high=high,
        ratio_to_base=float(np.median(ratios)),
        rounds=len(own.training),
        where=where(subject.trial.train.threads, subject.model.cells.backend),
    )


@contextmanager
def _globals_kept() -> Iterator[None]:
    """Threads as they were, and torch's generator: modules draw from it when they are made."""
    before = torch.get_num_threads()
    try:
        with torch.random.fork_rng(devices=()):
            yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _no_collection() -> Iterator[None]:
    # As `timeit`: a collection would be charged to whichever variant it falls upon.
    gc.collect()
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
