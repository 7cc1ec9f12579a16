"""Simulated recordings: files whose truth is known, beside a simulated journal.

A gradient falls to `decay` of itself with every step, a little slower at each later point; the
gates of every unit are beta distributed around a mean of their own; states grow to their known
ends; one unit tracks each target, exactly.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cellsearch import recorded, store
from cellsearch.record import TrialLine
from cellsearch.recorded import (
    Array,
    Facts,
    Sample,
    SamplesFacts,
    StateFacts,
    Target,
    UnitFit,
    UnitsFacts,
)
from cellsearch.report.data.recordings import FOLDER

POINTS, TOKENS = (0, 100_000, 300_000, 1_000_000), 1_000_000
LAGS, HELD_LAGS, STEPS, UNITS, LEFT_LAG = 100, 40, 112, 16, 20
TEXT = 'He said "not yet" and\nleft. "Why?" she asked,\n(aside) "when?"\n' * 4


def add_recordings(study: Path, decays: Mapping[str, float], seeds: int = 1) -> Path:
    """Give the trials of a written journal recordings, and return its folder.

    Args:
        study: the study's folder.
        decays: the variants that have some; 0 to 1: what one step leaves of the gradient at last.
        seeds: those below this number.
    """
    path = study / store.NAME
    lines = []
    for line in path.read_text("utf-8").splitlines():
        trial = '"kind":"trial"' in line and TrialLine.model_validate_json(line)
        if trial and trial.variant in decays and trial.seed < seeds:
            line = _recorded(study, trial, decays[trial.variant]).model_dump_json(by_alias=True)
        lines.append(f"{line}\n")
    path.write_text("".join(lines), "utf-8")
    return study


def _recorded(study: Path, trial: TrialLine, decay: float) -> TrialLine:
    name = f"{FOLDER}/{trial.trial_key.replace(':', '-')}.safetensors"
    content = simulated(decay, trial.seed)
    (study / name).parent.mkdir(exist_ok=True)
    (study / name).write_bytes(content)
    return trial.model_copy(update={"sidecars": {name: hashlib.sha256(content).hexdigest()}})


def simulated(decay: float, seed: int = 0) -> bytes:
    """A file of recordings. See the module."""
    rng = np.random.default_rng(seed)
    arrays = _flow(decay) | _gates(rng) | _states()
    facts = Facts(
        points=POINTS,
        tokens=TOKENS,
        sequences=16,
        steps=STEPS,
        warmup=12,
        flow=("h", "c"),
        held=("i", "f"),
        left_lag=LEFT_LAG,
        gates=("i", "f"),
        states=(StateFacts(name="h", low=-1, high=1), StateFacts(name="c", low=None, high=None)),
        units=UnitsFacts(
            characters=16_384, targets=_targets(), skipped={"inside brackets": "12 of 16,384"}
        ),
        samples=_samples(),
    )
    values = {"units/0": _inside_quotes() * 1.8 - 0.9, "units/1": _position() / 50}
    return recorded.to_bytes(arrays | values, facts)


def _flow(decay: float) -> dict[str, Array]:
    slower = np.linspace(0.9, 1, len(POINTS))[:, None]
    total = (decay * slower) ** np.arange(LAGS + 1)
    held = np.stack([0.5 ** np.arange(HELD_LAGS + 1), np.ones(HELD_LAGS + 1)])
    return {
        "flow/total": total,
        "flow/low": 0.5 * total,
        "flow/high": 2 * total,
        "flow/states/h": 0.6 * total,
        "flow/states/c": 0.8 * total,
        "flow/held/i": held,
        "flow/held/f": held,
        "flow/left/c": np.tile(
            np.linspace(0.1, 0.99, UNITS) ** (LEFT_LAG - 1), (len(POINTS), 1, 1)
        ),
    }


def _gates(rng: np.random.Generator) -> dict[str, Array]:
    mean = np.linspace(0.1, 0.99, UNITS)
    sharp = np.linspace(2, 12, len(POINTS))[:, None]
    values = rng.beta(sharp * mean, sharp * (1 - mean), (400, len(POINTS), UNITS))
    own = {
        "left": (values < 0.1).mean(0)[:, None],
        "right": (values > 0.9).mean(0)[:, None],
        "mean": values.mean(0)[:, None],
        "histogram": np.stack([_histogram(values[:, p]) for p in range(len(POINTS))])[:, None],
    }
    return {f"gates/{gate}/{what}": a for gate in ("i", "f") for what, a in own.items()}


def _histogram(values: Array) -> Array:
    return np.histogram(values, 20, (0, 1))[0] / values.size


def _states() -> dict[str, Array]:
    quantiles = np.array([-1, -0.7, 0, 0.7, 1])
    grown = 1 - np.exp(-np.arange(STEPS) / 20)
    own = np.broadcast_to(grown[:, None] * quantiles, (len(POINTS), 1, STEPS, 5))
    wider = np.linspace(1, 8, len(POINTS))[:, None, None, None]
    return {"states/h": own, "states/c": own * wider}


def _targets() -> tuple[Target, ...]:
    fits = [(0.97, 0.96, 0.98), (0.81, 0.79, 0.88)]
    quotes = tuple(
        UnitFit(
            state="c",
            layer=0,
            index=7 + i,
            found=found,
            score=score,
            accuracy=accuracy,
            threshold=0.0,
            above=True,
        )
        for i, (found, score, accuracy) in enumerate(fits)
    )
    line = UnitFit(state="c", layer=0, index=3, found=0.9, score=0.88)
    inside = 'from an opening " to the closing one'
    where = "characters since the line began"
    return (
        Target(
            name="inside quotes",
            about=inside,
            kind="binary",
            share=0.3,
            chance=0.7,
            units=quotes,
            text=TEXT,
        ),
        Target(name="position in the line", about=where, kind="number", units=(line,), text=TEXT),
    )


def _inside_quotes() -> Array:
    seen = np.cumsum([c == '"' for c in TEXT])
    return (seen % 2).astype(float)


def _position() -> Array:
    ends = np.array([c == "\n" for c in TEXT])
    places = np.arange(len(TEXT))
    began = np.maximum.accumulate(np.where(np.concatenate([[True], ends[:-1]]), places, 0))
    return (places - began).astype(float)


def _samples() -> SamplesFacts:
    held_out = Sample(temperature=None, text=TEXT, distinct=0.62, repeated=0.0)
    loop = Sample(temperature=None, text="the " * 60, distinct=0.02, repeated=0.95)
    drawn = [
        Sample(temperature=t, text=TEXT[k:], distinct=0.5 + t / 8, repeated=0.1)
        for k, t in enumerate((0.5, 0.8, 1.0))
    ]
    return SamplesFacts(prompt="He said ", samples=(loop, *drawn), held_out=held_out)
