"""What a tuning chose, in the terminal."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

from cellsearch.cli import say
from cellsearch.report.verdicts import words

if TYPE_CHECKING:
    from cellsearch.record import ChoiceLine, Setting
    from cellsearch.store import Journal


def print_choices(journal: Journal) -> None:
    """A row per variant, the base first: the setting that was chosen for it, and its loss."""
    tune = journal.study.spec.tune
    assert tune is not None
    heads = ["variant", "setting", "validation|perplexity", *map(words.key, tune.space)]
    choices = [journal.choices[v.name] for v in journal.study.variants]
    rows = [[*_cells(c), *(_value(c.variant.setting, key) for key in tune.space)] for c in choices]
    say.line(f"\n{journal.study.spec.name}: tuned, not compared")
    say.table(heads, rows)


def setting(values: Setting) -> str:
    """A setting in a line: `optimizer.learning_rate 0.008, dropout.output 0.2`."""
    return ", ".join(f"{words.key(key)} {_value(values, key)}" for key in values)


def _cells(choice: ChoiceLine) -> list[str]:
    loss = choice.valid_loss
    number = "none" if choice.number is None else str(choice.number)
    return [choice.variant.name, number, "–" if loss is None else f"{exp(loss):.3f}"]


def _value(values: Setting, key: str) -> str:
    value = values.get(key, "–")
    return f"{value:.3g}" if isinstance(value, float) else str(value)
