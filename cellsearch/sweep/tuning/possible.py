"""Whether every variant can be made at every setting: asked before anything trains."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain, islice, product

from cellsearch.config import TrainConfig, TuneConfig
from cellsearch.errors import ConfigError, LanguageError
from cellsearch.record import Setting, StudyLine, Variant
from cellsearch.sweep import proposers
from cellsearch.sweep.planning.space import space_of
from cellsearch.sweep.planning.tuning import count
from cellsearch.sweep.proposers.dimensions import Space, Span
from cellsearch.sweep.trials import Maker, Trial
from cellsearch.sweep.tuning.climb import budgets

# Of what nobody knows before it is proposed, so many settings are looked at.
_LOOKS = 2048


def check(study: StudyLine) -> None:
    """Refuse a tuning with a setting at which a variant is none, or the model is none.

    Of a proposer that adapts, whose settings are not known yet, the corners of the space are looked
    at, and each whole number of a range.

    Raises:
        ConfigError: with the setting and the variant; or two rungs of a halving are one.
    """
    tune = study.spec.tune
    if tune is None:
        return
    maker = Maker(study, study.spec.task)
    for setting in _settings(tune):
        for variant in study.variants:
            trial = _made(maker, variant, setting)
            _check_rungs(tune, trial.config.train)


def _made(maker: Maker, variant: Variant, setting: Setting) -> Trial:
    try:
        return maker.tuned(variant, 0, setting)
    except LanguageError as error:
        at = ", ".join(f"{key} = {value}" for key, value in setting.items())
        raise ConfigError(
            f"tune.space: variant '{variant.name}' cannot be at {at}: {error.message}"
        ) from None


def _check_rungs(tune: TuneConfig, train: TrainConfig) -> None:
    update = train.batch * train.segment
    tokens = budgets(train.tokens, tune.halving)
    if len({math.ceil(until / update) for until in tokens}) < len(tokens):
        said = ", ".join(f"{until:,}" for until in tokens)
        raise ConfigError(
            f"tune.halving: budgets of {said} tokens, where an update reads {update:,}: two of "
            "them are the same; expected fewer rungs or more `tune.tokens`"
        )


def _settings(tune: TuneConfig) -> Iterator[Setting]:
    space = space_of(tune)
    proposer = proposers.make(tune.proposer, space, tune.seed)
    if not proposer.adaptive:
        return (proposer.propose(number, ()) for number in range(count(tune)))
    return islice(chain(_corners(space), *(_along(space, key) for key in space)), _LOOKS)


def _corners(space: Space) -> Iterator[Setting]:
    for values in product(*(dimension.ends for dimension in space.values())):
        yield dict(zip(space, values, strict=True))


def _along(space: Space, key: str) -> Iterator[Setting]:
    """Each whole number of one key's range, the others as they come first."""
    dimension = space[key]
    if isinstance(dimension, Span) and dimension.whole:
        first = {k: d.ends[0] for k, d in space.items()}
        for value in range(int(dimension.low), int(dimension.high) + 1):
            yield {**first, key: value}
