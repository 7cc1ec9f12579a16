"""The journal as pandas frames, for tables and figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, cast

import pandas as pd

from cellsearch.record import METRICS
from cellsearch.report.verdicts.samples import trials_by_variant

if TYPE_CHECKING:
    from cellsearch.record import Outcome, TrialLine
    from cellsearch.store import Journal


def trials(journal: Journal) -> pd.DataFrame:
    """A row for every planned trial: variant, seed, status (`missing` where there is no line),
    test_perplexity, the losses in nats per token, steps, diverged_at, seconds, error.
    """
    found = trials_by_variant(journal)
    rows = []
    for variant in journal.variants:
        by_seed = {trial.seed: trial for trial in found[variant.name]}
        rows += [_trial(variant.name, s, by_seed.get(s)) for s in range(journal.seeds)]
    return pd.DataFrame(rows, columns=list(_TRIALS))


def tuning(journal: Journal) -> pd.DataFrame:
    """A row for every finished trial of the tuning: variant, number, status, what was tried,
    valid_perplexity and valid_loss (nats per token), steps, seconds, error. No test loss.
    """
    lines = sorted(journal.tuning, key=lambda t: t.number or 0)
    order = {v.name: i for i, v in enumerate(journal.study.variants)}
    rows = [_tuned(line) for line in sorted(lines, key=lambda t: order[t.variant])]
    return pd.DataFrame(rows)


def everything(journal: Journal) -> pd.DataFrame:
    """Both phases in one frame, for anything else: `phase` is `tuning` or `comparison`."""
    compared = trials(journal).assign(phase="comparison")
    found = pd.concat([tuning(journal).assign(phase="tuning"), compared], ignore_index=True)
    return found[["phase", *(name for name in found.columns if name != "phase")]]


def curves(journal: Journal) -> pd.DataFrame:
    """A row per point: variant, seed, status, tokens, and the losses in nats per token."""
    columns: dict[str, list[Any]] = {name: [] for name in ("variant", "seed", "status", *_CURVES)}
    for variant, lines in trials_by_variant(journal).items():
        for trial in lines:
            _append_curve(columns, variant, trial)
    frame = pd.DataFrame(columns)
    return frame.astype(dict.fromkeys(_CURVES, "float64"))


def blocks(journal: Journal, text: Literal["valid", "test"] = "test") -> pd.DataFrame:
    """Mean loss in consecutive blocks of a text: a row per variant and seed, a column per block.

    The noise that the text itself brings is the spread, over blocks, of a variant's row minus the
    base's row of the same seed.
    """
    rows = {
        (variant, trial.seed): trial.outcome.blocks[text].loss
        for variant, lines in trials_by_variant(journal).items()
        for trial in lines
        if text in trial.outcome.blocks
    }
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.index = pd.MultiIndex.from_tuples(list(rows), names=["variant", "seed"])
    return frame


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows, each a dictionary by column."""
    return cast("list[dict[str, Any]]", frame.to_dict("records"))


_TRIALS = (
    "variant",
    "seed",
    "status",
    "test_perplexity",
    *METRICS,
    "steps",
    "diverged_at",
    "seconds",
    "attempt",
    "error",
)
_CURVES = ("tokens", "train_loss", "valid_loss", "gradient_norm")


def _trial(variant: str, seed: int, trial: TrialLine | None) -> dict[str, object]:
    if trial is None:
        return {"variant": variant, "seed": seed, "status": "missing"}
    outcome = trial.outcome
    loss = outcome.metrics.get("test_loss")
    return {
        "variant": variant,
        "seed": seed,
        "status": outcome.status,
        "test_perplexity": None if loss is None else math.exp(loss),
        **{name: outcome.metrics.get(name) for name in METRICS},
        "steps": outcome.steps,
        "diverged_at": outcome.diverged_at,
        "seconds": outcome.times.get("total"),
        "attempt": trial.attempt,
        "error": _error(outcome),
    }


def _tuned(line: TrialLine) -> dict[str, object]:
    outcome = line.outcome
    loss = outcome.metrics.get("valid_loss")
    return {
        "variant": line.variant,
        "number": line.number,
        "status": outcome.status,
        **line.setting,
        "valid_perplexity": None if loss is None else math.exp(loss),
        "valid_loss": loss,
        "steps": outcome.steps,
        "diverged_at": outcome.diverged_at,
        "seconds": outcome.times.get("total"),
        "attempt": line.attempt,
        "error": _error(outcome),
    }


def _error(outcome: Outcome) -> str:
    return "" if outcome.error is None else f"{outcome.error.kind}: {outcome.error.message}"


def _append_curve(columns: dict[str, list[Any]], variant: str, trial: TrialLine) -> None:
    points = trial.outcome.curves
    count = len(points.tokens)
    columns["variant"] += [variant] * count
    columns["seed"] += [trial.seed] * count
    columns["status"] += [trial.outcome.status] * count
    for name in _CURVES:
        columns[name] += getattr(points, name)
