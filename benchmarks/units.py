"""Which single units track quotes, brackets, headings: over whole held-out texts.

    cellsearch sweep search_spaces/gates.yaml --results results/gates
    cellsearch sweep search_spaces/gates.yaml --results results/gates_shakespeare \
        --set name=gates_shakespeare --set task.corpus=tinyshakespeare --set seeds=1
    python benchmarks/units.py results/gates results/gates_shakespeare

What a study records reads a part of the validation text. Here a unit, its threshold and direction
are found on the whole validation text, and judged on the whole test text, by the weights of seed 0
in the study's folder. Balanced accuracy is the mean of that where the target is and where it is
not, so that guessing has 0.5. What is there or not goes into the table of docs/diagnostics.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from documents import DOCS, put_table

from cellsearch.config import TrialConfig
from cellsearch.recorded import Target
from cellsearch.recordings.named import Named
from cellsearch.recordings.reading import recorder_of
from cellsearch.recordings.units import units
from cellsearch.store import read, sidecar, write_atomically
from cellsearch.train.finished import finished

MEASURED = Path(__file__).parent / "measured" / "units.json"
ALL = 10_000
COLUMNS = (
    *("Study", "Variant", "Target", "Unit", "Balanced, found", "Balanced, judged"),
    *("Plain, judged", "Chance", "Share of it"),
)


def main() -> None:
    """Print a row for each study, variant and target, and keep them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", type=Path, nargs="+", metavar="DIR")
    rows = [row for study in parser.parse_args().studies for row in _rows(study)]
    binary = [row for row in rows if row["chance"] is not None]
    lines = [f"| {' | '.join(map(str, row.values()))} |" for row in binary]
    put_table("units", COLUMNS, lines, words=4, file=DOCS / "diagnostics.md")
    write_atomically(MEASURED, (json.dumps(rows, indent=1) + "\n").encode())


def _rows(study: Path) -> Iterator[dict[str, object]]:
    for trial in read(study).trials:
        weights = sidecar(study, trial, "weights") if trial.seed == 0 else None
        if weights is not None:
            for target in _targets(trial.config, weights):
                row = _row(study.name, trial.variant, target)
                print(*row.values(), sep="  ", flush=True)
                yield row


def _targets(trial: TrialConfig, weights: bytes) -> tuple[Target, ...]:
    model, corpus = finished(trial, weights)
    # The halves of this "validation" are the validation text and the test text.
    size = min(len(corpus.valid), len(corpus.test))
    both = replace(corpus, valid=np.concatenate([corpus.valid[:size], corpus.test[:size]]))
    _, facts = units(recorder_of(model, Named.of(model.cells).new), both, ALL)
    for name, why in facts.skipped.items():
        print(f"{trial.variant}: {name}: {why}")
    return facts.targets


def _row(study: str, variant: str, target: Target) -> dict[str, object]:
    best = target.units[0]
    return {
        "study": study,
        "variant": variant,
        "target": target.name,
        "unit": f"{best.state}[{best.index}]",
        "found": round(best.found, 4),
        "judged": round(best.score, 4),
        "accuracy": best.accuracy and round(best.accuracy, 4),
        "chance": target.chance and round(target.chance, 4),
        "share": target.share and round(target.share, 4),
    }


if __name__ == "__main__":
    main()
