"""Whether a tuning can be meant: every key, every end of every range, before anything trains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from math import prod

from cellsearch import lang
from cellsearch.config import CONST, RATE, SweepConfig, TuneConfig
from cellsearch.derive.hashes import cell_hash
from cellsearch.errors import ConfigError, LanguageError, nearest
from cellsearch.ir import Cell
from cellsearch.ir.cell import Const, flat
from cellsearch.sweep import proposers
from cellsearch.sweep.planning import problems
from cellsearch.sweep.planning.describe import consts_of
from cellsearch.sweep.planning.matching import compared, cost_of, elaborated
from cellsearch.sweep.planning.space import changed, space_of
from cellsearch.sweep.proposers.dimensions import Dimension, Options, Space

# Where no number of trials is said.
TRIALS = 16
_REFUSED = {
    "train.tokens": "the budget is the same for every setting; `tune.tokens` says it",
    "train.threads": "threads are the machine's, not the model's",
    "train.checkpoint_seconds": "it changes no result",
}
_COSTS = (
    *("model.hidden", "model.layers", "model.embedding", "model.tied", "model.bias"),
    CONST.removesuffix("."),
)


def count(tune: TuneConfig) -> int:
    """How many settings each variant is tried at: of a grid, all combinations."""
    if tune.proposer != "grid":
        return tune.trials or TRIALS
    return prod(len(d.ends) for d in space_of(tune).values())


def check(config: SweepConfig, cells: Mapping[str, Cell], vocabulary: int) -> None:
    """Refuse a tuning that cannot be meant.

    Args:
        config: the sweep; without `tune` there is nothing to check.
        cells: of each variant.
        vocabulary: V.

    Raises:
        ConfigError: with the key at fault.
    """
    if config.tune is None:
        return
    space = space_of(config.tune)
    _check_proposer(config.tune, space)
    for key, dimension in space.items():
        if key.startswith(CONST):
            _check_const(config, key, dimension, cells, vocabulary)
        else:
            _check_key(config, key, dimension)
    _check_told_apart(config, space, cells)
    own = [name for name, v in config.variants.items() if v.learning_rate is not None]
    if own and RATE in space:
        raise ConfigError(
            f"variant '{own[0]}' has a `learning_rate` of its own, and tune.space has '{RATE}'; "
            "expected one of them"
        )


def _check_proposer(tune: TuneConfig, space: Space) -> None:
    proposers.find(tune.proposer)
    if tune.proposer != "grid":
        return
    for key, dimension in space.items():
        if not isinstance(dimension, Options):
            raise ConfigError(f"tune.space: a grid needs a list of values for '{key}', got a range")
    if tune.trials not in (None, count(tune)):
        raise ConfigError(f"tune.trials: this grid has {count(tune)} settings, got {tune.trials}")


def _check_key(config: SweepConfig, key: str, dimension: Dimension) -> None:
    known = [k for group in ("model", "train") for k in problems.keys_below(group)]
    if key in _REFUSED:
        raise ConfigError(f"tune.space: '{key}' cannot be tuned: {_REFUSED[key]}")
    if key not in known:
        raise ConfigError(
            f"tune.space: '{key}' is no key of model or train, and no const.NAME"
            f"{nearest(key, known)}"
        )
    if key in _COSTS and config.match.by != "hidden":
        raise ConfigError(
            f"tune.space: '{key}' changes the cost, which `match.by: {config.match.by}` holds equal"
        )
    for value in dimension.ends:
        changed(config, {key: value})


def _check_const(
    config: SweepConfig, key: str, dimension: Dimension, cells: Mapping[str, Cell], vocabulary: int
) -> None:
    name = key.removeprefix(CONST)
    having = {variant: cell for variant, cell in cells.items() if name in consts_of(cell)}
    if not having:
        known = [f"{CONST}{c}" for cell in cells.values() for c in consts_of(cell)]
        raise ConfigError(f"tune.space: no cell has the const '{name}'{nearest(key, known)}")
    for variant, cell in having.items():
        try:
            each = [with_consts(cell, {name: value}) for value in dimension.ends]
            costs = {compared(cost_of(c, config.model, vocabulary), config.match) for c in each}
        except LanguageError as error:
            raise ConfigError(f"tune.space: '{key}' in '{variant}': {error.message}") from None
        if len(costs) > 1 and config.match.by != "hidden":
            raise ConfigError(
                f"tune.space: '{key}' changes the cost of '{variant}', which "
                f"`match.by: {config.match.by}` holds equal"
            )


def _check_told_apart(config: SweepConfig, space: Space, cells: Mapping[str, Cell]) -> None:
    """Two cells that differ in tuned consts alone are the same cell at every setting."""

    def hashed(cell: Cell) -> str:
        return cell_hash(elaborated(cell, config.model))

    tuned = {k.removeprefix(CONST): d.ends[0] for k, d in space.items() if k.startswith(CONST)}
    first: dict[str, str] = {}
    for name, cell in cells.items():
        if tuned.keys() & set(consts_of(cell)):
            other = first.setdefault(hashed(with_consts(cell, tuned)), name)
            # Of two that are the same as they are written, others say so.
            if hashed(cells[other]) != hashed(cell):
                raise ConfigError(
                    f"tune.space: '{other}' and '{name}' differ in consts that are tuned and in "
                    "nothing else: they would be the same at every setting"
                )


def with_consts(cell: Cell, values: Mapping[str, object]) -> Cell:
    """The cell with those of these consts that it has.

    Raises:
        LanguageError: a value that the const cannot have.
    """
    lines = list(_lines(cell, values))
    return lang.edit_cell(cell, lines) if lines else cell


def _lines(cell: Cell, values: Mapping[str, object]) -> Iterator[str]:
    for line in flat(cell.lines):
        # An edit that changes nothing is refused.
        if isinstance(line, Const) and line.name in values:
            new = values[line.name]
            if Decimal(str(new)) != _number(str(line.value)):
                yield f"const {line.name} = {new}"


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
