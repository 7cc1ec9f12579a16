"""What the bench says of a GRU and the same GRU in other words: the tables of docs/statistics.md.

    (the sweeps: see search_spaces/placebo.yaml)
    python benchmarks/placebo.py

One p for each study, and, since one p looks like nothing, ten: of seeds 0 and 1, 2 and 3, and so
on. Where nothing differs they are uniform; Kolmogorov and Smirnov's test says whether they may be.
From a mirrored start there is nothing but rounding: a second table shows how training enlarges it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from documents import put_table
from scipy import stats

from cellsearch.report import statistics as st
from cellsearch.report.statistics import Numbers
from cellsearch.report.verdicts.findings import Verdict
from cellsearch.report.verdicts.judge import judge
from cellsearch.report.verdicts.words import MISSING, p_value
from cellsearch.store import Journal, read

RESULTS = Path(__file__).parent.parent / "results"
COLUMNS = (
    *("Study", "Variant", "Class", "Seeds", "SD of a difference", "Largest difference", "p"),
    *("p of ten pairs of seeds, from the smallest up", "Uniform: p"),
)


MIRRORED = "flipped_and_mirrored"
# Of ten evaluations of the validation text.
SHOWN = (0, 1, 2, 3, 5, 7, 9)
# Pairs of seeds from which a law can be told.
FEWEST = 5


def main() -> None:
    """Write the tables into the document."""
    folders = sorted(RESULTS.glob("placebo_*"))
    rows = [row for folder in folders for row in _rows(folder)]
    put_table("placebo", COLUMNS, rows, words=3)
    points = (f"{100_000 * (k + 1):,}" for k in SHOWN)
    grown = [_grown(read(folder)) for folder in folders]
    put_table("mirrored", ("Study", "Precision", *points), grown, words=2)
    print(*rows, *grown, sep="\n")


def _grown(journal: Journal) -> str:
    """The largest difference over the seeds, after each of some tokens."""
    found = np.abs(_curves(journal, "base") - _curves(journal, MIRRORED)).max(axis=0)
    numbers = " | ".join(f"{found[k]:.0e}" for k in SHOWN)
    return f"| {journal.study.spec.name} | {journal.study.spec.train.dtype} | {numbers} |"


def _curves(journal: Journal, variant: str) -> Numbers:
    """Validation losses, [seed, evaluation]."""
    own = sorted((t for t in journal.trials if t.variant == variant), key=lambda t: t.seed)
    return np.array([[x for x in t.outcome.curves.valid_loss if x is not None] for t in own])


def _rows(folder: Path) -> Iterator[str]:
    found = judge(read(folder))
    for name, verdict in found.verdicts.items():
        if verdict.twin_p is not None:
            yield f"| {folder.name} | {name} | {' | '.join(_cells(verdict))} |"


def _cells(verdict: Verdict) -> list[str]:
    assert verdict.estimate is not None
    differences = np.array(verdict.estimate.differences)
    pairs = differences[: len(differences) // 2 * 2].reshape(-1, 2)
    p_values = sorted(st.difference_p(float(d.mean()), st.noise_of(d)) for d in pairs)
    means_something = verdict.variant.name != MIRRORED and len(pairs) >= FEWEST
    uniform = float(stats.kstest(p_values, "uniform").pvalue) if means_something else None
    return [
        str(verdict.kind),
        str(len(differences)),
        f"{differences.std(ddof=1):.1e}",
        f"{np.abs(differences).max():.1e}",
        p_value(verdict.twin_p),
        ", ".join(f"{p:.2f}" for p in p_values) if means_something else MISSING,
        p_value(uniform),
    ]


if __name__ == "__main__":
    main()
