"""Corpora, vocabularies and streams: text in, numbers out. NumPy only, no torch.

`load(task)` finds the text that a task names and makes a `Corpus` of it; `Streams` reads it for
training and `evaluation_segments` for evaluation.
"""

from cellsearch.data.corpus import Corpus
from cellsearch.data.evaluation import EvaluationSegment, evaluation_segments
from cellsearch.data.load import load
from cellsearch.data.registry import names
from cellsearch.data.streams import Streams

__all__ = [
    "Corpus",
    "EvaluationSegment",
    "Streams",
    "evaluation_segments",
    "load",
    "names",
]
