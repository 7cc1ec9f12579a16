"""How often verdicts err: error rates and coverage over simulated studies of every kind.

    python benchmarks/verdict_errors.py                   10,000 studies of each kind: half an hour
    python benchmarks/verdict_errors.py --studies 500     a first impression, written nowhere
    python benchmarks/verdict_errors.py --table           the table of docs/statistics.md

What is done is kept in benchmarks/measured/verdict_errors.json, and is not done again.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

from documents import put_table

from cellsearch.store import write_atomically
from cellsearch.testing.rates import Rates, rates
from cellsearch.testing.scenarios import SCENARIOS, Scenario

MEASURED = Path(__file__).parent / "measured" / "verdict_errors.json"
WHOLE, PART = 10_000, 250


def main() -> None:
    """Measure, or print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=WHOLE)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--table", action="store_true", help="write the table into the document")
    asked = parser.parse_args()
    done = _known() if asked.studies == WHOLE else {}
    if asked.table:
        put_table("error rates", _COLUMNS, [_row(s, done[s.name]) for s in SCENARIOS])
        return
    with ProcessPoolExecutor(asked.workers) as pool:
        for scenario in SCENARIOS:
            if scenario.name in done:
                continue
            done[scenario.name] = found = _measure(scenario, asked.studies, pool)
            print(_row(scenario, found), flush=True)
            if asked.studies == WHOLE:
                held = {name: asdict(own) for name, own in done.items()}
                write_atomically(MEASURED, (json.dumps(held, indent=1) + "\n").encode())


def _known() -> dict[str, Rates]:
    held = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    return {name: Rates(**own) for name, own in held.items()}


def _measure(scenario: Scenario, studies: int, pool: ProcessPoolExecutor) -> Rates:
    starts = range(0, studies, PART)
    counts = [min(PART, studies - start) for start in starts]
    return sum(pool.map(rates, [scenario] * len(counts), counts, starts), Rates())


_COLUMNS = (
    *("Studies", "Variants", "Seeds", "Difference", "Equivalence", "Non-inferiority"),
    *("95% covers", "All intervals hold", "Called unstable", "Lucky survivors"),
)


def _row(scenario: Scenario, found: Rates) -> str:
    seeds = ", ".join(str(n) for n in (scenario.seeds, *scenario.looks))
    name = scenario.name if scenario.claimed else f"*{scenario.name}*"
    shares = (
        found.difference / found.studies,
        found.equivalence / found.studies,
        found.noninferiority / found.studies,
        found.covered / max(found.shown, 1),
        found.together / max(found.studies_shown, 1),
        found.unstable / found.variants,
    )
    numbers = " | ".join(f"{share:.3f}" for share in shares)
    return f"| {name} | {len(scenario.arms)} | {seeds} | {numbers} | {found.lucky} |"


if __name__ == "__main__":
    main()
