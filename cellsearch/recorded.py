"""The file of a trial's recordings: arrays by name, and facts about them. No torch here.

One safetensors file, whose metadata hold the facts as JSON under the key `cellsearch`. Below, P is
the points of training, K the longest lag (K' with a gate held), L layers, U units, T the position
in a window, C characters. All is float32. Where a layer is narrower than U, what it has not is NaN;
so are the points of a kind that were over when it was asked for.

    flow/total, flow/low, flow/high   [P, K + 1]    flow/states/NAME   [P, K + 1]
    flow/held/GATE                    [2, K' + 1]   flow/left/STATE    [P, L, U]
    gates/GATE/left, …/right, …/mean  [P, L, U]     gates/GATE/histogram [P, L, 20]
    states/NAME                       [P, L, T, 5]  units/NUMBER       [C]
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field
from safetensors import SafetensorError
from safetensors.numpy import load, save

from cellsearch.config import Kind
from cellsearch.errors import StoreError
from cellsearch.places import Place

FORMAT: Literal[1] = 1
_KEY = "cellsearch"
# Tokens of validation text that recordings need.
LEAST_TOKENS = 1_000

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be recorded of a trial, and the file for it."""

    kinds: tuple[Kind, ...]
    file: Place


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class StateFacts(_Facts):
    """A state, and the ends that interval analysis foretells for it; None: it has none."""

    name: str
    low: float | None
    high: float | None


class UnitFit(_Facts):
    """A unit that tracks a target: found on one text, judged on another.

    For a target that is there or not, `found` and `score` are balanced accuracies, and `accuracy`
    is the plain one, at the threshold that was best for it; for a number, absolute correlations.
    """

    state: str
    layer: int
    index: int
    found: float = Field(description="on the text in which it was found")
    score: float = Field(description="on the other text")
    accuracy: float | None = Field(None, description="on the other text")
    threshold: float | None = Field(None, description="of the balanced accuracy")
    above: bool | None = Field(None, description="the target is there above the threshold")


class Target(_Facts):
    """Something readable in a text, and the units that track it best, the best first."""

    name: str
    about: str = Field(description="what it is, in plain words")
    kind: Literal["binary", "number"]
    share: float | None = Field(None, description="of the other text's characters in which it is")
    chance: float | None = Field(None, description="plain accuracy of always saying the same")
    units: tuple[UnitFit, ...]
    text: str = Field(description="a piece of the other text; `units/NUMBER` holds the best unit")


class UnitsFacts(_Facts):
    """Which units track something readable."""

    characters: int = Field(description="of each of the two texts")
    targets: tuple[Target, ...]
    skipped: dict[str, str] = Field({}, description="target, or `all` -> why it is not there")


class Sample(_Facts):
    """A text, and how varied it is."""

    temperature: float | None = Field(description="null: argmax")
    text: str
    distinct: float = Field(description="distinct 4-grams, as a share of all")
    repeated: float = Field(description="share of tokens in a 16-gram that stood before")


class SamplesFacts(_Facts):
    """Texts that a model wrote after a prompt, and what the text itself has there."""

    prompt: str
    samples: tuple[Sample, ...]
    held_out: Sample


class Facts(_Facts):
    """What the arrays are about."""

    format: Literal[1] = FORMAT
    points: tuple[int, ...] = Field(description="training tokens read before each point")
    tokens: int = Field(description="training tokens in all")
    sequences: int = Field(0, description="windows of held-out text: how many")
    steps: int = Field(0, description="T, tokens of each")
    warmup: int = Field(0, description="those at its beginning that `gates` leaves out")
    flow: tuple[str, ...] = Field((), description="the states in `flow`")
    held: tuple[str, ...] = Field((), description="the gates in `flow/held`, held at 0 and at 1")
    left_lag: int | None = Field(None, description="the lag of `flow/left`")
    gates: tuple[str, ...] = ()
    states: tuple[StateFacts, ...] = ()
    units: UnitsFacts | None = None
    samples: SamplesFacts | None = None


def to_bytes(arrays: Arrays, facts: Facts) -> bytes:
    """The file's content."""
    held = {name: np.ascontiguousarray(a, dtype=np.float32) for name, a in arrays.items()}
    packed: bytes = save(held, metadata={_KEY: facts.model_dump_json()})
    return packed


def from_bytes(content: bytes) -> tuple[dict[str, Array], Facts]:
    """The arrays and facts of a file.

    Raises:
        StoreError: it is damaged, or no such file.
    """
    try:
        arrays: dict[str, Array] = load(content)
        return arrays, Facts.model_validate_json(_metadata(content)[_KEY])
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        reason = str(error).partition("\n")[0]
        raise StoreError(f"damaged recordings: {reason or type(error).__name__}") from None


def _metadata(content: bytes) -> dict[str, str]:
    # `safetensors` asks only a file on the disk for it.
    size = int.from_bytes(content[:8], "little")
    held: dict[str, str] = json.loads(content[8 : 8 + size])["__metadata__"]
    return held
