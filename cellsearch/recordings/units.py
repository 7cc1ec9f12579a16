"""Units: which single ones track something readable, as Karpathy et al. 2015 looked for by eye.

A unit is found, with its threshold and direction, on the first half of the validation text, and
judged on the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import embedding

from cellsearch.data import Corpus
from cellsearch.nn.language_model import LanguageModel
from cellsearch.recorded import Array, Target, UnitFit, UnitsFacts
from cellsearch.recordings.fits import Cuts, balanced_accuracy, correlations
from cellsearch.recordings.reading import Ids
from cellsearch.recordings.targets import READABLE, Readable
from cellsearch.recordings.widths import own_units

STREAMS, STEPS, WARMUP = 32, 256, 64
# At the peak 450 kilobytes are held of each: not quite 2 GB.
MOST_UNITS = 4096
# Of each text, as many characters have to be in it, and as many out of it, in so many stretches.
LEAST, STRETCHES = 100, 8
KEPT, SHOWN = 5, 256
# What stands for a character that is not in the vocabulary.
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
_MOST = 1e6


@dataclass(frozen=True)
class Text:
    """A half of the validation text as it was read.

    Attributes:
        text: the half, one character for each id.
        places: of the characters that count, stream after stream.
        stream: how many of them each stream has.
        values: every unit's value after each of these characters, [N, units].
    """

    text: str
    places: Ids
    stream: int
    values: Array


def units(
    copy: LanguageModel, corpus: Corpus, streams: int = STREAMS
) -> tuple[dict[str, Array], UnitsFacts]:
    """The best units for each target, and the values of the best along a piece of text.

    Args:
        copy: records each state's new value.
        corpus: of characters.
        streams: pieces of each half that are read, of `STEPS` characters that count; fewer where
            the half has no more.
    """
    if corpus.level != "char":
        return {}, UnitsFacts(characters=0, targets=(), skipped={"all": "its tokens are words"})
    states = copy.start(1)
    count = sum(s.numel() for s in (states if isinstance(states, tuple) else (states,)))
    if count > MOST_UNITS:
        many = f"{count:,} units, of which no more than {MOST_UNITS:,} are looked at"
        return {}, UnitsFacts(characters=0, targets=(), skipped={"all": many})
    found, judged = _halves(copy, corpus, streams)
    labels = list(_labels(copy))
    targets: list[Target] = []
    arrays: dict[str, Array] = {}
    skipped: dict[str, str] = {}
    for readable in READABLE:
        values = readable.of(found.text)[found.places], readable.of(judged.text)[judged.places]
        if why := _too_little(readable, values):
            skipped[readable.name] = why
            continue
        fit = _binary if readable.kind == "binary" else _number
        best = fit(found.values, judged.values, *values)
        shown = _shown(values[1], judged.stream)
        arrays[str(len(targets))] = judged.values[shown, next(iter(best))]
        targets.append(
            Target(
                name=readable.name,
                about=readable.about,
                kind=readable.kind,
                **_shares(readable, values[1]),
                units=tuple(UnitFit(**labels[u], **scores) for u, scores in best.items()),
                text="".join(judged.text[i] for i in judged.places[shown]),
            )
        )
    facts = UnitsFacts(characters=len(judged.places), targets=tuple(targets), skipped=skipped)
    return arrays, facts


def _labels(copy: LanguageModel) -> Iterator[dict[str, Any]]:
    """State, layer and number of each unit, in the order of `_values`."""
    for name, own in own_units(copy.cells).items():
        for layer, unit in np.argwhere(own).tolist():
            yield {"state": name.rstrip("'"), "layer": layer, "index": unit}


def _halves(copy: LanguageModel, corpus: Corpus, streams: int) -> tuple[Text, Text]:
    """Both halves, read side by side."""
    middle = len(corpus.valid) // 2
    halves = corpus.valid[:middle], corpus.valid[middle : 2 * middle]
    steps = min(WARMUP + STEPS, middle)
    count = max(1, min(streams, middle // steps))
    starts = np.linspace(0, middle - steps, count).astype(np.int64)
    places = starts + np.arange(steps)[:, None]
    values = _values(copy, np.concatenate([half[places] for half in halves], axis=1))
    counted = places[WARMUP:].T.ravel()
    parts = values[WARMUP:, :count], values[WARMUP:, count:]
    first, second = (
        Text(
            _text(corpus, half),
            counted,
            steps - WARMUP,
            part.swapaxes(0, 1).reshape(len(counted), -1),
        )
        for half, part in zip(halves, parts, strict=True)
    )
    return first, second


def _text(corpus: Corpus, ids: npt.NDArray[np.int32]) -> str:
    """One character for each id, so that places in the text are those of the ids."""
    characters = [s if len(s) == 1 else UNKNOWN for s in corpus.vocabulary]
    return "".join(characters[i] for i in ids.tolist())


@torch.no_grad()
def _values(copy: LanguageModel, tokens: Ids) -> Array:
    """Every unit after each token [T, B], [T, B, units]."""
    copy.cells(embedding(torch.from_numpy(tokens.astype(np.int64)), copy.embedding))
    recorded = copy.cells.recorded
    # [layers, T, B, units] each
    each = [
        recorded[name].flatten(3).movedim(0, 2)[:, :, torch.from_numpy(own)]
        for name, own in own_units(copy.cells).items()
    ]
    # What has grown beyond all bounds tracks nothing.
    found: Array = torch.cat(each, 2).nan_to_num().clamp(-_MOST, _MOST).numpy()
    return found


def _too_little(readable: Readable, values: tuple[Array, Array]) -> str | None:
    """Why a text cannot tell; None: it can."""
    for what, value in zip(("first", "second"), values, strict=True):
        there = value > 0
        count, stretches = int(there.sum()), int((there[1:] > there[:-1]).sum())
        if readable.kind == "binary" and len(there) - count < LEAST:
            return f"all but {len(there) - count} of {len(there):,} characters of the {what} half"
        if count < LEAST or stretches < STRETCHES:
            return f"{count} of {len(there):,} characters of the {what} half, in {stretches} places"
    return None


Scores = dict[str, float | bool]


def _number(found: Array, judged: Array, first: Array, second: Array) -> dict[int, Scores]:
    """The best units for a number, the best first."""
    there = correlations(found, first)
    best = np.argsort(-there, kind="stable")[:KEPT].tolist()
    here = correlations(judged[:, best], second).tolist()
    return {u: {"found": float(there[u]), "score": r} for u, r in zip(best, here, strict=True)}


def _binary(found: Array, judged: Array, first: Array, second: Array) -> dict[int, Scores]:
    """The best units for what is there or not, the best first."""
    is_there, cuts = second > 0, Cuts(found, first > 0)
    balanced, plain = cuts.balanced(), cuts.plain()
    best = np.argsort([-cut.score for cut in balanced], kind="stable")[:KEPT].tolist()
    return {
        u: {
            "found": balanced[u].score,
            "score": balanced_accuracy(balanced[u].says(judged[:, u]), is_there),
            "accuracy": float((plain[u].says(judged[:, u]) == is_there).mean()),
            "threshold": balanced[u].threshold,
            "above": balanced[u].above,
        }
        for u in best
    }


def _shares(readable: Readable, values: Array) -> dict[str, float]:
    if readable.kind == "number":
        return {}
    share = float((values > 0).mean())
    return {"share": share, "chance": max(share, 1 - share)}


def _shown(values: Array, stream: int) -> slice:
    """The stretch within a stream in which a target changes most."""
    changes = np.abs(np.diff(values, prepend=values[:1])) > 0
    moved = np.concatenate([[0], np.cumsum(changes)])
    length = min(SHOWN, stream)
    starts = np.arange(0, len(values) - length + 1, max(1, length // 4))
    starts = starts[starts % stream + length <= stream]
    start = int(starts[np.argmax(moved[starts + length] - moved[starts])])
    return slice(start, start + length)
