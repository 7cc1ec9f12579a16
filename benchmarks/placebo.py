"""What the bench says of a GRU and the same GRU in other words: the table of docs/statistics.md.

    (the sweeps: see search_spaces/placebo.yaml)
    python benchmarks/placebo.py

One p for each study, and, since one p looks like nothing, ten: of seeds 0 and 1, 2 and 3, and so
on. Where nothing differs they are uniform; Kolmogorov and Smirnov's test says whether they may be.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from documents import put_table
from scipy import stats

from cellsearch.report import statistics as st
from cellsearch.report.verdicts.findings import Verdict
from cellsearch.report.verdicts.judge import judge
from cellsearch.report.verdicts.words import p_value
from cellsearch.store import read

RESULTS = Path(__file__).parent.parent / "results"
COLUMNS = (
    *("Study", "Variant", "Class", "Seeds", "SD of a difference", "Largest difference", "p"),
    *("p of ten pairs of seeds, from the smallest up", "Uniform: p"),
)


def main() -> None:
    """Write the table into the document."""
    rows = [row for folder in sorted(RESULTS.glob("placebo_*")) for row in _rows(folder)]
    put_table("placebo", COLUMNS, rows, words=3)
    print(*rows, sep="\n")


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
    uniform = float(stats.kstest(p_values, "uniform").pvalue)
    return [
        str(verdict.kind),
        str(len(differences)),
        f"{differences.std(ddof=1):.1e}",
        f"{np.abs(differences).max():.1e}",
        p_value(verdict.twin_p),
        ", ".join(f"{p:.2f}" for p in p_values),
        p_value(uniform),
    ]


if __name__ == "__main__":
    main()
