"""`cellsearch train`: one trial, from the command line to its result."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Annotated

import typer

from cellsearch.cli import say
from cellsearch.cli.alone import config_of, edited
from cellsearch.cli.asked import CellArgument, Edits, Json
from cellsearch.cli.group import FAILED
from cellsearch.errors import ConfigError, TrialError

if TYPE_CHECKING:
    from cellsearch.config import TrialConfig
    from cellsearch.ir import Cell
    from cellsearch.record import Outcome

_KEYS = ("task", "model", "train", "backend")


def train(
    cell: CellArgument,
    edits: Edits = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="A key of task, model, train or backend. Repeatable."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Fixes data order, weights and noise.")] = 0,
    weights: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Leave the weights here (safetensors).")
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Leave all recordings here (safetensors)."),
    ] = None,
    json: Json = False,
) -> None:
    """Train one cell once, and say how well it predicts.

    The keys of --set are those of a sweep file, and so are the defaults.

    \b
    Example:
      cellsearch train lstm --set train.tokens=500000 --set model.hidden=64
      cellsearch train gru --with "r = 1" --seed 1 --json
    """
    trial = _trial(edited(cell, edits), overrides or [], seed)
    outcome = _trained(trial, weights, record)
    if json:
        say.as_json({"seed": seed, **outcome.model_dump(mode="json")})
    else:
        _print(trial, outcome)
    if outcome.status == "failed":
        raise typer.Exit(FAILED)


def _trial(cell: Cell, overrides: list[str], seed: int) -> TrialConfig:
    from cellsearch import data
    from cellsearch.sweep.planning.plan import Text, plan
    from cellsearch.sweep.trials import trials

    config = config_of([cell], overrides, _KEYS)
    corpus = data.load(config.task, notify=say.note)
    text = Text(len(corpus.vocabulary), corpus.sha256, corpus.description)
    (trial,) = trials(plan(config, text), 1, config.task)
    return trial.config.model_copy(update={"seed": seed})


def _trained(trial: TrialConfig, weights: Path | None, record: Path | None) -> Outcome:
    from cellsearch.cli.progress import progress_bar
    from cellsearch.config import KINDS
    from cellsearch.recorded import Wanted
    from cellsearch.train import train as run

    if weights and record and weights.resolve() == record.resolve():
        raise ConfigError(f"--weights and --record: two files are expected; got {weights} for both")
    recordings = Wanted(KINDS, record) if record else None
    for file in filter(None, (weights, record)):
        _require_room(file)
    try:
        with progress_bar(trial.train.tokens) as show:
            return run(trial, progress=show, weights=weights, recordings=recordings)
    except OSError as error:
        raise TrialError(f"cannot be written: {error.strerror or error}") from None


def _require_room(file: Path) -> None:
    # Better now than after the training.
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=file.parent):
            pass
    except OSError as error:
        raise TrialError(f"{file}: cannot be written: {error.strerror or error}") from None


def _print(trial: TrialConfig, outcome: Outcome) -> None:
    say.line(f"{outcome.status} after {outcome.steps:,} updates")
    if outcome.diverged_at is not None:
        say.line(f"  diverged at update {outcome.diverged_at:,}")
    if outcome.error is not None:
        say.note(outcome.error.message)
    for name, value, unit in _numbers(trial, outcome):
        say.line(f"  {name:<24} {value:>10}  {unit}".rstrip())
    for warning in outcome.warnings:
        say.note(f"warning: {warning}")


def _numbers(trial: TrialConfig, outcome: Outcome) -> list[tuple[str, str, str]]:
    from math import exp

    of = "characters" if trial.task.level == "char" else "words"
    found: list[tuple[str, str, str]] = []
    for split, key in (("validation", "valid_loss"), ("test", "test_loss")):
        loss = outcome.metrics.get(key)
        if loss is not None:
            found.append((f"{split} perplexity", f"{exp(loss):.4f}", f"{loss:.4f} nats"))
    seconds = outcome.times.get("train")
    if seconds:
        pace = outcome.steps * trial.train.batch * trial.train.segment / seconds
        found.append(("training", say.duration(seconds), f"{pace:,.0f} {of} a second"))
        found.append(("evaluation", say.duration(outcome.times.get("evaluate", 0.0)), ""))
    return found
