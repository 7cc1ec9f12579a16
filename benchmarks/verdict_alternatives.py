"""What simpler rules would do, in the place of those of a verdict: the table of docs/statistics.md.

    python benchmarks/verdict_alternatives.py     less than a minute

Each rule is followed over ten thousand simulated studies with normal seeds, beside the one that is
followed here, on the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from documents import put_table
from scipy.special import stdtr

from cellsearch.report import statistics as st
from cellsearch.report.statistics import Numbers

STUDIES = 10_000
ALPHA = st.ALPHA
# SD of a difference on one seed; a change by the margin.
SD, EDGE = 0.014, st.margin_in_nats(0.03)


class Row(NamedTuple):
    """Two rules, and how often each is wrong."""

    rule: str
    wrong: float
    here: str
    wrong_here: float


def main() -> None:
    """Write the table into the document."""
    columns = ("Rule", "Wrong", "Here", "Wrong")
    rows = [_line(row) for rule in RULES for row in rule()]
    put_table("alternatives", columns, rows)
    print(*rows, sep="\n")


def _line(row: Row) -> str:
    return f"| {row.rule} | {row.wrong:.3f} | {row.here} | {row.wrong_here:.3f} |"


def many_variants() -> list[Row]:
    """Nothing differs. A claim about any of ten variants is wrong."""
    rng = np.random.default_rng(1)
    losses = rng.normal(0, SD / np.sqrt(2), (STUDIES, 11, 5))
    p = _p(losses[:, 1:] - losses[:, :1])
    held = np.array([min(st.holm(each)) for each in p])
    each, first = (p < ALPHA).any(axis=1).mean(), st.alpha_at(1)
    rule = "10 variants, each tested at 0.05"
    return [Row(rule, each, "Holm's procedure at 0.0375", (held < first).mean())]


def looks() -> list[Row]:
    """Nothing differs. Seeds are added up to three times; a claim at any look is wrong."""
    return [row for counts in ((5, 10, 15, 20), (3, 6, 12, 24)) for row in _looks(counts)]


def _looks(counts: Sequence[int]) -> list[Row]:
    p = _at_looks(counts)
    shares = np.array([ALPHA / look for look in range(1, 5)])
    spent = np.array([st.alpha_at(look) for look in range(1, 5)])
    ours = (p < spent).any(axis=1).mean()
    after = f"looks after {', '.join(map(str, counts))} seeds"
    return [
        Row(f"{rule}; {after}", (p < level).any(axis=1).mean(), "alpha spent, look by look", ours)
        for rule, level in (("0.05 at each look", ALPHA), ("0.05 / looks so far", shares))
    ]


def stopping() -> list[Row]:
    """Seeds are added until a difference shows. An interval without the truth is wrong."""
    counts = (5, 10, 15, 20)
    d = np.random.default_rng(2).normal(0, SD, (STUDIES, counts[-1]))
    stopped = np.argmax(np.c_[_at_looks(counts)[:, :-1] < ALPHA, np.ones(STUDIES)], axis=1)
    n = np.array(counts)[stopped]
    wrong = []
    for levels in (np.full(4, st.POINTWISE), 1 - np.array([st.alpha_at(k) for k in range(1, 5)])):
        missed = [_misses(own[:m], levels[k]) for own, m, k in zip(d, n, stopped, strict=True)]
        wrong.append(float(np.mean(missed)))
    rule = "95% interval where p < 0.05 has stopped the adding of seeds"
    return [Row(rule, wrong[0], "the simultaneous interval", wrong[1])]


def _at_looks(counts: Sequence[int]) -> Numbers:
    d = np.random.default_rng(2).normal(0, SD, (STUDIES, counts[-1]))
    return np.stack([_p(d[:, :n]) for n in counts], axis=1)


def _misses(differences: Numbers, level: float) -> bool:
    noise = st.noise_of(differences)
    low, high = st.t_interval(float(differences.mean()), noise, level)
    return not low <= 0 <= high


def survivors() -> list[Row]:
    """Nothing differs but that the variant's worst 4 of 10 seeds diverge. "Better" is wrong."""
    losses = np.random.default_rng(3).normal(0, SD / np.sqrt(2), (2, STUDIES, 10))
    kept = np.argsort(losses[1], axis=1)[:, :6]
    d = np.take_along_axis(losses[1] - losses[0], kept, axis=1)
    better = ((_p(d) < ALPHA) & (d.mean(axis=1) < 0)).mean()
    return [Row("the survivors tested; the worst 4 of 10 seeds diverge", better, "unstable", 0.0)]


def stragglers() -> list[Row]:
    """All seeds are normal. A straggler among them is wrong."""
    return [_stragglers(seeds) for seeds in (5, 10)]


def _stragglers(seeds: int) -> Row:
    d = np.random.default_rng(4).normal(0, SD, (STUDIES, seeds))
    away = np.abs(d - np.median(d, axis=1, keepdims=True))
    usual = (away.max(axis=1) > 5 * np.median(away, axis=1)).mean()
    ours = np.mean([st.stragglers(own).any() for own in d])
    return Row(f"a straggler beyond 5 MADs; {seeds} seeds", usual, "beyond as many as n asks", ours)


def text() -> list[Row]:
    """Nothing differs on text at large, but on one test text. A claim of a difference is wrong."""
    rng, n = np.random.default_rng(5), 20
    own = rng.normal(0, SD, (STUDIES, n))
    spans = rng.normal(0, SD * np.sqrt(st.SPANS / 5), (STUDIES, 1, st.SPANS))
    blocks = own[:, :, None] + spans
    alone, both = [], []
    for each in blocks:
        d = each.mean(axis=1)
        alone.append(st.difference_p(float(d.mean()), st.noise_of(d)))
        both.append(st.difference_p(float(d.mean()), st.noise_of(d, each)))
    rule = "the seeds' noise alone; 20 seeds, a text as noisy as 5 of them"
    return [Row(rule, _below(alone), "seeds and text", _below(both))]


def nothing_seen() -> list[Row]:
    """The true change is the margin. "No difference" is wrong."""
    d = np.random.default_rng(6).normal(EDGE, SD, (STUDIES, 3))
    means, noises = d.mean(axis=1), [st.noise_of(own) for own in d]
    ours = [st.equivalence_p(float(m), k, EDGE) for m, k in zip(means, noises, strict=True)]
    rule = "p > 0.05, so they are equal; 3 seeds, true change 3%"
    return [Row(rule, (_p(d) > ALPHA).mean(), "two one-sided tests", _below(ours))]


RULES: tuple[Callable[[], list[Row]], ...] = (
    *(many_variants, looks, stopping, text, nothing_seen, survivors, stragglers),
)


def _below(p: Sequence[float]) -> float:
    return float((np.array(p) < st.alpha_at(1)).mean())


def _p(differences: Numbers) -> Numbers:
    """Of the paired t test along the last axis."""
    n = differences.shape[-1]
    error = differences.std(axis=-1, ddof=1) / np.sqrt(n)
    return np.asarray(2 * stdtr(n - 1, -np.abs(differences.mean(axis=-1)) / error))


if __name__ == "__main__":
    main()
