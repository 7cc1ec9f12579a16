"""Peak memory of training: the bytes of all tensors that are there at once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from typing import Any

import torch
from torch.autograd.profiler import profile

from cellsearch.bench.collection import no_collection
from cellsearch.bench.subject import Subject
from cellsearch.nn.model import DTYPES

# torch's name for an allocation or its end, in what a profile recorded.
_MEMORY = "[memory]"


def peak_bytes(subject: Subject) -> int:
    """The most bytes that a new model has of torch's allocator at once.

    That is weights, their gradients, and what a training step keeps and passes on. The first step
    may leave buffers behind, which the second one finds; so there are two. What the optimiser
    keeps is not counted, nor what the process holds beside tensors. Exact, and the same each time.

    Raises:
        RuntimeError: this torch records no allocations.
    """
    # A profile says on stderr that it begins, unless asked not to, and that its first one should
    # have been in the main thread.
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")
    with profile():
        pass
    # Buffers that a backend keeps for the next call of the same thread are counted in a new one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_peak, subject).result()


def _peak(subject: Subject) -> int:
    trial = subject.trial
    torch.set_num_threads(trial.train.threads)
    model = subject.build(trial.backend, DTYPES[trial.train.dtype]).train()
    weights = sum(p.numel() * p.element_size() for p in model.parameters())
    # Now, for garbage that is collected between would be counted off.
    with no_collection(), profile(profile_memory=True) as seen:
        for _ in range(2):
            subject.step(model)
    recorded: Any = seen.kineto_results
    events = [e for e in recorded.events() if e.name() == _MEMORY]
    if not events:
        raise RuntimeError(f"torch {torch.__version__} recorded no memory, expected allocations")
    events.sort(key=lambda event: event.start_ns())
    return weights + max(accumulate(int(event.nbytes()) for event in events))
