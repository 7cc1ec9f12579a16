"""Whether "sees" and "would settle" of a report foretell what simulated studies show.

    python benchmarks/verdict_planning.py            about five minutes
    python benchmarks/verdict_planning.py --table    the table of docs/statistics.md

Foretold from the true noise; seen by judging studies. The smallest effect is the one at which the
first of the variants is called worse in 80% of studies, the others having no effect; the seeds are
the fewest at which it is called anything in 80%.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from documents import put_table
from scipy import optimize

from cellsearch.report import statistics as st
from cellsearch.report.statistics import power
from cellsearch.report.verdicts.classes import classify, contrasts_of
from cellsearch.report.verdicts.contrasts import Contrast
from cellsearch.report.verdicts.findings import Class, Rules
from cellsearch.report.verdicts.samples import Sample
from cellsearch.store import write_atomically
from cellsearch.testing.draws import samples
from cellsearch.testing.simulation import Arm, Simulation

MEASURED = Path(__file__).parent / "measured" / "verdict_planning.json"
STUDIES = 3000
# SD of one seed's difference, in nats, half the variance by the base.
SD = 0.014
MARGIN = st.margin_in_nats(0.03)


@dataclass(frozen=True)
class Plan:
    """A study as planned; `effect` (nats) where seeds are asked for, `text`: SE of its part."""

    seeds: int
    variants: int
    text: float = 0.0
    effect: float | None = None


EFFECTS = (
    Plan(3, 1),
    Plan(5, 1),
    Plan(5, 10),
    Plan(10, 5),
    Plan(20, 20),
    Plan(5, 5, text=0.003),
    Plan(5, 5, text=0.006),
    Plan(20, 1, text=0.006),
)
SEEDS = (
    Plan(5, 1, effect=0.0),
    Plan(5, 1, effect=0.01),
    Plan(5, 1, effect=0.02),
    Plan(5, 1, effect=-0.012),
    Plan(5, 10, effect=0.01),
    Plan(5, 1, text=0.003, effect=0.012),
    Plan(5, 5, text=0.006, effect=0.0),
)


@dataclass(frozen=True)
class Answer:
    """What was foretold and what simulated studies showed: a change in percent, or seeds."""

    plan: Plan
    foretold: float
    seen: float


Study = tuple[Mapping[str, Sample], Mapping[str, Contrast | None]]


def main() -> None:
    """Measure, or print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", action="store_true", help="write the table into the document")
    if parser.parse_args().table:
        _write_table()
        return
    answers = [*map(_smallest_effect, EFFECTS), *map(_seeds, SEEDS)]
    held = [asdict(answer) for answer in answers]
    write_atomically(MEASURED, (json.dumps(held, indent=1) + "\n").encode())


def _smallest_effect(plan: Plan) -> Answer:
    foretold = power.smallest_effect(_design(plan))
    studies = _studies(plan, plan.seeds)
    seen = _crossing(lambda effect: _share(studies, plan, effect, {Class.WORSE}), foretold)
    return _said(Answer(plan, st.percent(foretold), st.percent(seen)))


def _seeds(plan: Plan) -> Answer:
    assert plan.effect is not None
    foretold = power.seeds_to_settle(plan.effect, _design(plan), MARGIN).seeds
    assert foretold is not None
    claims = {Class.WORSE, Class.BETTER, Class.EQUIVALENT, Class.NOT_WORSE}
    seen = max(2, foretold // 2)
    while _share(_studies(plan, seen), plan, plan.effect, claims) < power.WANTED:
        seen += 1
    return _said(Answer(plan, foretold, seen))


def _design(plan: Plan) -> power.Design:
    return power.Design(plan.seeds, st.alpha_at(1) / plan.variants, SD, plan.text)


def _studies(plan: Plan, seeds: int) -> list[Study]:
    # So noisy that they are neither found to differ nor not to.
    others = (Arm(f"v{k}", noise=10.0) for k in range(1, plan.variants))
    arms = (Arm("base"), Arm("v0", text=plan.text), *others)
    noise = SD / math.sqrt(2)
    drawn = []
    for key in range(STUDIES):
        study = Simulation(arms, seeds, noise=noise, rough=0.0, blocks=st.SPANS, key=key)
        seen = samples(study)
        drawn.append((seen, contrasts_of(seen)))
    return drawn


def _share(studies: list[Study], plan: Plan, effect: float, kinds: set[Class]) -> float:
    """Studies in which the first variant is of one of these classes, were its effect this one."""
    names = tuple(f"v{k}" for k in range(plan.variants))
    rules = Rules(st.alpha_at(1), 1, MARGIN, names)
    found = 0
    for seen, held in studies:
        first = held["v0"]
        assert first is not None
        moved = {**held, "v0": replace(first, mean=first.mean + effect)}
        found += classify(seen, moved, rules)["v0"].kind in kinds
    return found / len(studies)


def _crossing(share: Callable[[float], float], near: float) -> float:
    return float(
        optimize.bisect(lambda e: share(e) - power.WANTED, near / 2, 2 * near, xtol=near / 200)
    )


def _said(answer: Answer) -> Answer:
    print(_row(answer), flush=True)
    return answer


def _write_table() -> None:
    held = json.loads(MEASURED.read_text())
    answers = [Answer(Plan(**own.pop("plan")), **own) for own in held]
    put_table("planning", _COLUMNS, map(_row, answers))


_COLUMNS = ("Asked", "Variants", "SD of a difference", "SE text", "Foretold", "Seen", "Ratio")


def _row(answer: Answer) -> str:
    plan, ratio = answer.plan, answer.foretold / answer.seen
    if plan.effect is None:
        asked, unit = f"change that {plan.seeds} seeds see", "{:.2f}%"
    else:
        asked, unit = f"seeds at a true change of {st.percent(plan.effect):.2f}%", "{:.0f}"
    numbers = (unit.format(answer.foretold), unit.format(answer.seen), f"{ratio:.2f}")
    noise = (f"{100 * SD:.1f}%", f"{100 * plan.text:.1f}%")
    return f"| {' | '.join((asked, str(plan.variants), *noise, *numbers))} |"


if __name__ == "__main__":
    main()
