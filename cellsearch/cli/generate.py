"""`cellsearch generate`: what a trained variant writes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cellsearch.cli import say
from cellsearch.cli.asked import Json
from cellsearch.errors import ConfigError, StoreError, nearest_or_all

if TYPE_CHECKING:
    from cellsearch.config import TrialConfig
    from cellsearch.data import Corpus
    from cellsearch.record import TrialLine
    from cellsearch.recordings.reading import Ids
    from cellsearch.store import Journal

_TEMPERATURE = 0.8


def generate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A study's folder.")],
    variant: Annotated[str, typer.Option(help="Which variant writes.")] = "base",
    seed: Annotated[int, typer.Option(min=0, help="Which of its trials.")] = 0,
    prompt: Annotated[
        str, typer.Option(help="What it goes on from.", show_default="the end of a line")
    ] = "\n",
    length: Annotated[int, typer.Option(min=1, help="Characters, or words, to write.")] = 500,
    temperature: Annotated[
        float | None,
        typer.Option(
            min=1e-3, help=f"Lower is safer, higher more varied; {_TEMPERATURE} where left out."
        ),
    ] = None,
    argmax: Annotated[
        bool, typer.Option("--argmax", help="Always the likeliest, in place of drawing.")
    ] = False,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="task.corpus=PATH", help="Where the text lies by now."),
    ] = None,
    draw: Annotated[int, typer.Option(min=0, help="Another number draws another text.")] = 0,
    json: Json = False,
) -> None:
    """Let a trained variant write text.

    Its final weights are read from the study's folder, and checked.

    \b
    Example:
      cellsearch generate results/demo --prompt "Return the "
      cellsearch generate results/demo --variant gru --seed 1 --argmax
    """
    if argmax and temperature is not None:
        raise ConfigError("--argmax draws nothing, so --temperature means nothing beside it")
    if temperature is not None and not math.isfinite(temperature):
        raise ConfigError(f"--temperature: expected a number, got {temperature}")
    chosen = None if argmax else temperature or _TEMPERATURE
    from cellsearch import store
    from cellsearch.sweep.frozen import said_anew

    journal = store.read(folder)
    trial = _trial(journal, variant, seed)
    weights = store.sidecar(folder, trial, "weights")
    if weights is None:
        raise StoreError(f"{folder}: the weights of {variant}, seed {seed}, are not there")
    task = said_anew(journal, overrides or []).task
    config = trial.config.model_copy(update={"task": task})
    found = _written(config, weights, prompt, length, chosen, draw)
    if json:
        said = {"variant": variant, "seed": seed, "temperature": chosen, "draw": draw}
        say.as_json({**said, "prompt": prompt, **found})
    else:
        # Words stand apart.
        gap = " " if config.task.level == "word" and not prompt[-1:].isspace() else ""
        say.line(f"{prompt}{gap}{found['text']}")


def _trial(journal: Journal, variant: str, seed: int) -> TrialLine:
    names = [v.name for v in journal.variants]
    if variant not in names:
        raise ConfigError(f"'{variant}' is no variant{nearest_or_all(variant, names)}")
    own = {t.seed: t for t in journal.trials if t.variant == variant}
    if seed not in own:
        known = ", ".join(map(str, sorted(own))) or "none"
        raise ConfigError(f"{variant}, seed {seed}, is not finished; finished are {known}")
    if own[seed].outcome.status != "done":
        message = f"{variant}, seed {seed}, has no weights: it {own[seed].outcome.status}"
        raise StoreError(message)
    return own[seed]


def _written(
    trial: TrialConfig,
    weights: bytes,
    prompt: str,
    length: int,
    temperature: float | None,
    draw: int,
) -> dict[str, str | float]:
    import numpy as np

    from cellsearch.recordings.samples import continued, distinct, repeated
    from cellsearch.train.finished import finished

    model, corpus = finished(trial, weights)
    _check_prompt(prompt, corpus)
    draws = np.random.default_rng(draw)
    ids = continued(model, _encoded(prompt, corpus), length, [temperature], draws)[:, 0]
    return {"text": corpus.decode(ids), "distinct": distinct(ids), "repeated": repeated(ids)}


def _encoded(prompt: str, corpus: Corpus) -> Ids:
    import numpy as np

    ids = corpus.encode(prompt).astype(np.int64)
    # Words are encoded by lines, each with its end.
    is_cut = corpus.level == "word" and not prompt.endswith("\n")
    ids = ids[:-1] if is_cut else ids
    if not ids.size:
        raise ConfigError(f"--prompt: expected something to go on from, got {prompt!r}")
    return ids


def _check_prompt(prompt: str, corpus: Corpus) -> None:
    """Name what the model does not know; where it has `<unk>`, it reads that in its place."""
    from cellsearch.data.vocabulary import UNKNOWN

    parts = prompt if corpus.level == "char" else prompt.split()
    unknown = [part for part in dict.fromkeys(parts) if part not in corpus.vocabulary]
    if not unknown:
        return
    said = f"--prompt: not in the vocabulary of '{corpus.name}': {', '.join(map(repr, unknown))}"
    if UNKNOWN not in corpus.vocabulary:
        raise ConfigError(said)
    say.note(f"{said}; read as {UNKNOWN}")
