"""Which variants of a tuning are worth a comparison: the best on validation, and the base."""

from __future__ import annotations

from cellsearch.errors import ConfigError
from cellsearch.record import ConfirmLine
from cellsearch.store import Journal
from cellsearch.sweep.tuning.tuning import leader, tuned


def best(journal: Journal, top: int, seeds: int) -> ConfirmLine:
    """The base, the `top` variants of lowest validation loss, and the controls of those.

    Raises:
        ConfigError: there is no finished tuning, or its comparison has begun.
    """
    _check(journal)
    losses = {
        variant.name: loss
        for variant in tuned(journal.study)
        if (loss := journal.choices[variant.name].valid_loss) is not None
    }
    losses.pop("base", None)
    kept = {"base", *sorted(losses, key=lambda name: losses[name])[:top]}
    # A copy or a mirror of what is compared shows its noise; in the order of the plan, so that
    # one of another comes after it.
    for variant in journal.study.variants:
        if leader(journal.study, variant) in kept:
            kept.add(variant.name)
    names = [v.name for v in journal.study.variants if v.name in kept]
    return ConfirmLine(variants=tuple(names), seeds=seeds)


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
