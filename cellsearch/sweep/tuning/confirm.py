"""Which variants of a tuning are worth a comparison: the best on validation, and the base."""

from __future__ import annotations

from cellsearch.config import MOST_SEEDS
from cellsearch.errors import ConfigError
from cellsearch.record import ConfirmLine
from cellsearch.store import Journal
from cellsearch.sweep.tuning.tuning import led_by, tuned


def best(journal: Journal, top: int, seeds: int) -> ConfirmLine:
    """The base, the `top` variants of lowest validation loss, and the controls of those.

    Raises:
        ConfigError: there is no finished tuning, or its comparison has begun.
    """
    if seeds > MOST_SEEDS:
        raise ConfigError(f"{seeds:,} seeds are too many, expected {MOST_SEEDS:,} or fewer")
    _check(journal)
    losses = {
        variant.name: loss
        for variant in tuned(journal.study)
        if (loss := journal.choices[variant.name].valid_loss) is not None
    }
    losses.pop("base", None)
    kept = {"base", *sorted(losses, key=lambda name: losses[name])[:top]}
    # A copy or a mirror of what is compared shows its noise.
    leaders = {v.name: led_by(journal.study, v.name) for v in journal.study.variants}
    names = tuple(name for name, leader in leaders.items() if leader in kept)
    return ConfirmLine(variants=names, seeds=seeds)


def _check(journal: Journal) -> None:
    folder, study = journal.folder, journal.study
    if study.spec.tune is None:
        raise ConfigError(f"{folder}: was not tuned, so there is no best to confirm")
    if journal.seeds:
        raise ConfigError(
            f"{folder}: its comparison has {journal.seeds} seeds; more are added with "
            f"`resume --set seeds=N`, and `confirm` is for a tuning with `seeds: 0`"
        )
    if len(journal.choices) < len(study.variants):
        raise ConfigError(f"{folder}: its tuning is not finished; `resume` goes on with it")
