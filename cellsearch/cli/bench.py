"""`cellsearch bench`: measured time of cells, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cellsearch.cli import say
from cellsearch.cli.alone import config_of, edited, under
from cellsearch.cli.asked import Json
from cellsearch.cli.sizes import COMMON

if TYPE_CHECKING:
    from cellsearch.config import TrialConfig
    from cellsearch.ir import Cell
    from cellsearch.record import BenchLine

_KEYS = ("model", "train", "match", "backend")


def bench(
    cells: Annotated[
        list[str], typer.Argument(metavar="CELL...", help="Names, .cell files or texts.")
    ],
    edits: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="LINE", help="Time the first cell edited so, too."),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A key of model, train, match or backend."),
    ] = None,
    vocabulary: Annotated[int, typer.Option(min=2, help="Symbols of the softmax.")] = 96,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is timed.")] = 5,
    json: Json = False,
) -> None:
    """Measure time per token and memory, side by side, torch.nn's own among them.

    The first cell is what the others are compared with. Every round times
    each once, on random tokens: training, forward, and generation at batch 1.
    Numerics are checked before anything is timed. Let nothing else run
    meanwhile.

    \b
    Example:
      cellsearch bench lstm gru --with "o = 1"
      cellsearch bench lstm gru --set model.hidden=256 --json
    """
    from cellsearch.bench import measure

    trials = _trials(_timed(cells, edits or []), overrides or [], vocabulary)
    lines = measure(trials, vocabulary, rounds=rounds, notify=say.note)
    if json:
        say.as_json([_as_json(line, trial) for line, trial in zip(lines, trials, strict=True)])
    else:
        _print(lines, trials)


def _timed(cells: list[str], edits: list[str]) -> list[tuple[str, Cell]]:
    """What is timed, each with the name that it gets: the cells, then the first one edited."""
    loaded = [edited(cell, None) for cell in cells]
    named = [(cell.name, cell) for cell in loaded]
    first = loaded[0].name
    return [*named, *((f"{first} with {edit}", under(loaded[0], [edit])) for edit in edits)]


def _trials(
    timed: list[tuple[str, Cell]], overrides: list[str], vocabulary: int
) -> list[TrialConfig]:
    """A trial of each cell, followed by that of torch.nn where it has the same."""
    from cellsearch.bench.vendor import NAME
    from cellsearch.sweep.planning.plan import Text, plan
    from cellsearch.sweep.trials import trials

    config = config_of([cell for _, cell in timed], overrides, _KEYS)
    study = plan(config, Text(vocabulary, "", "random tokens"))
    found = []
    for (name, cell), trial in zip(timed, trials(study, 1, config.task), strict=True):
        found.append(trial.config.model_copy(update={"variant": name}))
        if theirs := _in_torch(cell):
            there = {"variant": f"{NAME}.{theirs}", "backend": NAME}
            found.append(trial.config.model_copy(update=there))
    return found


def _in_torch(cell: Cell) -> str | None:
    """The name in `torch.nn` of this very cell, or None."""
    from cellsearch import lang
    from cellsearch.derive.hashes import authored_hash
    from cellsearch.ir import elaborate

    sizes = {"H": COMMON, "X": COMMON}
    own = authored_hash(elaborate(cell, sizes))
    theirs = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}
    same = (n for n in theirs if authored_hash(elaborate(lang.load_cell(n))) == own)
    return theirs.get(next(same, ""))


def _as_json(line: BenchLine, trial: TrialConfig) -> dict[str, Any]:
    said = line.model_dump(mode="json", exclude={"kind", "time", "schema_version"})
    return {**said, "hidden": trial.model.hidden}


# What a narrow terminal does without, the first of them first.
_SPARE = ("µs per token|forward", "quartiles| of generation", "quartiles| of training", "H")


def _print(lines: list[BenchLine], trials: list[TrialConfig]) -> None:
    heads = (
        *("cell", "H", "µs per token|training", "quartiles| of training", "× first|"),
        *("µs per token|forward", "µs per token|generation", "quartiles| of generation"),
        *("× first| ", "peak MB|training", "× first|  "),
    )
    rows = [_row(line, trial) for line, trial in zip(lines, trials, strict=True)]
    say.table(heads, rows, spare=_SPARE)
    train = trials[0].train
    where = lines[0].where
    say.line(
        f"B = {train.batch}, T = {train.segment}, {train.dtype}, {where.threads} thread(s), "
        f"backend {where.backend}, {where.device}. Training is forward and backward; generation "
        "is batch 1, a token after the other. Peak: weights, gradients and what a step keeps, by "
        "torch's allocator."
    )


def _row(line: BenchLine, trial: TrialConfig) -> list[str]:
    from cellsearch.report.verdicts.words import significant

    written, memory = line.generation, line.memory
    assert written is not None and memory is not None
    return [
        line.variant,
        str(trial.model.hidden),
        f"{line.us_per_token_training:.2f}",
        f"{line.us_low:.2f} to {line.us_high:.2f}",
        f"{line.ratio_to_base:.2f}",
        f"{line.us_per_token_forward:.2f}",
        f"{written.us_per_token:.0f}",
        f"{written.us_low:.0f} to {written.us_high:.0f}",
        f"{written.ratio_to_base:.2f}",
        significant(memory.peak_bytes / 1e6),
        f"{memory.ratio_to_base:.2f}",
    ]
