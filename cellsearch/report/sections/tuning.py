"""What the tuning tried, what it chose for each variant, and what that was worth."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from cellsearch.report.data import frames
from cellsearch.report.data.importance import LEAST, importances
from cellsearch.report.data.trying import Tried, at_the_edges, perplexity, tried
from cellsearch.report.document import Block, Bullets, Column, Gallery, Paragraph, Table
from cellsearch.report.figures import drawing
from cellsearch.report.figures.trying import (
    Line,
    Response,
    best,
    best_figures,
    response_figures,
    responses,
)
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.findings import Findings
from cellsearch.report.verdicts.samples import BASE

if TYPE_CHECKING:
    from cellsearch.config import TuneConfig
    from cellsearch.store import Journal

TITLE = "Tuning"
ABOUT = "what was tried, what was chosen, what that was worth"
ORDER = 50


class Info(NamedTuple):
    """What was tried and chosen.

    `best`: best perplexity against settings tried, expected or so far; `responses`: perplexity
    against each key that has a range; `shares`: importances, by key.
    """

    intro: str
    notes: tuple[str, ...]
    keys: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    best: tuple[Line, ...]
    expected: bool
    responses: tuple[Response, ...]
    shares: tuple[tuple[str, ...], ...]
    evaluators: tuple[str, ...]
    trials: pd.DataFrame


def info(findings: Findings) -> Info | None:
    """From the journal alone; None where nothing was tuned."""
    journal = findings.journal
    tune, each = journal.study.spec.tune, tried(journal)
    if tune is None or not each:
        return None
    # A variant that was tuned and not compared has no verdict.
    verdicts = findings.verdicts
    roles = {n: drawing.role(verdicts[n].kind) if n in verdicts else "inconclusive" for n in each}
    # Where trials were stopped early, nobody knows what they would have come to.
    drawn = [] if tune.halving else list(each.values())
    paired = None if journal.study.adaptive else each.get(BASE)
    shares = _shares(tune, each)
    return Info(
        intro=_intro(journal, tune, each),
        notes=tuple(_notes(journal, each)),
        keys=tuple(tune.space),
        rows=tuple(_row(one, paired, tune) for one in each.values()),
        best=tuple(best(journal, one, roles[one.variant]) for one in drawn),
        expected=not journal.study.adaptive,
        responses=tuple(responses(tune, each, roles)),
        shares=tuple(shares[1]),
        evaluators=tuple(shares[0]),
        trials=frames.tuning(journal),
    )


def draw(info: Info | None) -> Sequence[Block]:
    """The choice first, then what it was worth, then what it depended on."""
    if info is None:
        return []
    blocks: list[Block] = [Paragraph(info.intro), _chosen(info)]
    if info.notes:
        blocks.append(Bullets(info.notes))
    if info.best:
        blocks.append(Gallery(best_figures(info.best, _what(info)), _best_caption(info)))
    if any(response.lines for response in info.responses):
        blocks.append(Gallery(response_figures(info.responses), _RESPONSES, "large"))
    if info.shares:
        blocks += [_importance_table(info), Paragraph(_IMPORTANCE)]
    return blocks


_RESPONSES = (
    "Every trial of the tuning that ended well, in the colour of its variant's verdict; the base's "
    "are dark. The other keys differ from point to point."
)
_IMPORTANCE = (
    "An importance is the share of the spread of validation loss, within this space, that goes "
    "with a key. It is no effect of an ablation, and no verdict here uses it. fANOVA looks at the "
    "whole space, PED-ANOVA at what sets the best settings apart; where they disagree, neither is "
    "wrong."
)


def _intro(journal: Journal, tune: TuneConfig, each: dict[str, Tried]) -> str:
    count = max(len(one.lines) for one in each.values())
    tokens = tune.tokens or journal.study.spec.train.tokens
    whose = (
        f"{count} settings of its own" if journal.study.adaptive else f"the same {count} settings"
    )
    settings = f"{whose} ({tune.proposer})"
    return (
        f"{words.count(len(each), 'variant')} {'was' if len(each) == 1 else 'were each'} tried "
        f"at {settings}, {words.whole(tokens)} training tokens a trial, with one seed that no "
        "comparison uses. Chosen is the setting with the lowest validation loss; it was then "
        "frozen, and all verdicts come from fresh seeds at the chosen settings. They are "
        "conditional on this "
        "tuning: with more settings, or others, another choice might have been made."
    )


def _notes(journal: Journal, each: dict[str, Tried]) -> list[str]:
    found = []
    for name, choice in journal.choices.items():
        if name not in each:
            found.append(f"{name} is not tuned: it takes the setting of what it mirrors or copies.")
        elif choice.number is None:
            found.append(f"{name}: no setting ended well; it stays at what the sweep file says.")
    for edge, names in at_the_edges(journal, each).items():
        found.append(
            f"{words.listed(names)} {'was' if len(names) == 1 else 'were'} given {edge} of those "
            "tried: beyond it may lie a better one."
        )
    for status, said in (("diverged", "diverged"), ("failed", "failed"), ("pruned", "pruned")):
        counts = [f"{o.variant} {n}" for o in each.values() if (n := o.count(status))]
        total = sum(one.count(status) for one in each.values())
        if counts:
            of = sum(len(one.lines) for one in each.values())
            found.append(f"{total} of {of} trials {said}: {', '.join(counts)}.")
    return found


def _row(one: Tried, base: Tried | None, tune: TuneConfig) -> tuple[str, ...]:
    """What was chosen; beside it the loss at the base's choice, where settings are the same."""
    losses = list(one.losses.values())
    at_base = one.loss(base.chosen) if base else None
    setting = {} if one.chosen is None else one.setting(one.chosen)
    return (
        one.variant,
        words.MISSING if one.chosen is None else str(one.chosen),
        *(_value(setting.get(key, words.MISSING)) for key in tune.space),
        words.decimal(perplexity(one.loss(one.chosen)), 3),
        words.decimal(perplexity(at_base), 3),
        words.decimal(perplexity(median(losses) if losses else None), 3),
        f"{len(losses)} of {len(one.lines)}",
    )


def _value(value: object) -> str:
    return words.significant(value) if isinstance(value, float) else str(value)


def _chosen(info: Info) -> Table:
    keys = [Column(words.key(key), "chosen") for key in info.keys]
    return Table(
        name="tuning",
        caption="What was chosen for each variant; perplexity on validation, in the tuning",
        columns=[
            Column("Variant", numeric=False),
            Column("Setting"),
            *keys,
            Column("Perplexity", "chosen"),
            Column("Perplexity", "at the base's"),
            Column("Perplexity", "median"),
            Column("Trials", "with a loss"),
        ],
        rows=info.rows,
        data=info.trials,
    )


def _what(info: Info) -> str:
    return "expected best" if info.expected else "best so far"


def _best_caption(info: Info) -> str:
    if not info.expected:
        return (
            "Lowest validation perplexity so far, in the order of the proposals, each of which "
            "depends on those before. The base's line is thin and dark, behind."
        )
    return (
        "Validation perplexity that one may expect from the best of so many settings, drawn from "
        "those tried without replacement (Tang et al. 2020); a trial that diverged or failed "
        "counts as guessing. The base's line is thin and dark, behind. A line that still falls at "
        "its right end asks for more settings."
    )


def _shares(tune: TuneConfig, each: dict[str, Tried]) -> tuple[list[str], list[tuple[str, ...]]]:
    """The evaluators, and for each key its median share over the variants, with the range."""
    found = [shares for one in each.values() if (shares := importances(tune, one))]
    if not found:
        return [], []
    evaluators = list(found[0])
    rows = [
        (
            key,
            *(_range([shares[e][key] for shares in found if key in shares[e]]) for e in evaluators),
        )
        for key in tune.space
    ]
    return evaluators, rows


def _range(shares: list[float]) -> str:
    if not shares:
        return words.MISSING
    return f"{median(shares):.2f} ({min(shares):.2f} to {max(shares):.2f})"


def _importance_table(info: Info) -> Table:
    columns = ["key", *info.evaluators]
    return Table(
        name="importances",
        caption=f"Importance of what was tuned: median over the variants with {LEAST} losses or "
        "more, and range",
        columns=[Column("Key", numeric=False), *(Column(name) for name in info.evaluators)],
        rows=info.shares,
        data=pd.DataFrame(info.shares, columns=columns),
    )
