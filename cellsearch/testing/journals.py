"""Simulated journals: studies whose truth is known, in the form that `store.read` reads.

Nothing is trained. Losses are those of `draws`; curves fall towards them.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from cellsearch.config import MirrorConfig, SweepConfig, TrialConfig, VariantConfig
from cellsearch.record import (
    BenchLine,
    CellCost,
    Line,
    LookLine,
    Memory,
    StudyLine,
    Timed,
    TrialLine,
    Variant,
)
from cellsearch.testing.draws import Drawn, draw
from cellsearch.testing.outcomes import WHERE, outcome
from cellsearch.testing.simulation import Arm, Simulation

EQUATIONS = (
    "i = sigmoid(Wi @ x + Ui @ h + bi)",
    "f = sigmoid(Wf @ x + Uf @ h + bf)",
    "g = tanh(Wg @ x + Ug @ h + bg)",
    "o = sigmoid(Wo @ x + Uo @ h + bo)",
    "c' = f * c + i * g",
    "h' = o * tanh(c')",
)


def write_journal(simulation: Simulation, folder: Path) -> Path:
    """Write `folder/journal.jsonl`, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "journal.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(f"{line.model_dump_json(by_alias=True)}\n" for line in lines(simulation))
    return folder


def lines(simulation: Simulation) -> Iterator[Line]:
    """The lines of the journal: plan, measured costs, trials seed by seed, looks."""
    yield _study(simulation)
    yield from (_bench(arm) for arm in simulation.arms if arm.speed is not None)
    counts = (simulation.seeds, *simulation.looks)
    drawn = draw(simulation, counts[-1])
    done = 0
    for look, count in enumerate(counts):
        if look:
            yield LookLine(seeds=count)
        for seed in range(done, count):
            yield from _trials(simulation, seed, drawn)
        done = count


def _study(simulation: Simulation) -> StudyLine:
    planned = {arm.name: _config(arm) for arm in simulation.arms[1:]}
    spec = SweepConfig(
        name=simulation.name,
        question=simulation.question,
        base="lstm",
        variants=planned,
        seeds=simulation.seeds,
        margin=simulation.margin,
        match={"by": "hidden", "of": simulation.match},
    )
    return StudyLine(
        study_key=_digest("s1:", simulation.name),
        spec=spec,
        variants=tuple(_variant(arm) for arm in simulation.arms),
        vocabulary=96,
        data_sha256=_digest("", "data"),
        corpus="Simulated: 1.3 million characters of no text at all, split 80/10/10 by module, "
        "96 symbols.",
        where=WHERE,
    )


def _config(arm: Arm) -> VariantConfig:
    mirror = MirrorConfig(of=arm.mirror_of, negate=("Wg",)) if arm.mirror_of else None
    return VariantConfig.model_validate(
        {
            "with": (arm.edit or "init bf = 1",),
            "mirror": mirror,
            "placebo": arm.placebo,
            "identical": arm.identical_to is not None,
            "learning_rate": None if arm.learning_rate == 3e-3 else arm.learning_rate,
        }
    )


def _variant(arm: Arm) -> Variant:
    equations = _edited(arm.edit)
    body = "\n".join(f"    {line}" for line in equations)
    cost = _cost(arm)
    return Variant(
        name=arm.name,
        cell=f"cell {_identifier(arm.name)}(x; h, c)\n{body}\n",
        cell_name="lstm" if arm.name == "base" else _identifier(arm.name),
        cell_hash=_digest("c2:", arm.name),
        changes=_changes(arm.edit),
        equations=equations,
        placebo=arm.placebo,
        identical_to=arm.identical_to,
        mirror_of=arm.mirror_of,
        negate=("Wg",) if arm.mirror_of else (),
        hidden=128,
        learning_rate=arm.learning_rate,
        cell_cost=cost,
        model_parameters=cost.parameters + 24_672,
        model_flops_forward=cost.flops_forward + 24_576,
    )


def _identifier(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name)


def _defined(equation: str) -> str:
    return equation.split("=")[0].strip()


def _edited(edit: str) -> tuple[str, ...]:
    return tuple(edit if edit and _defined(e) == _defined(edit) else e for e in EQUATIONS)


def _changes(edit: str) -> tuple[str, ...]:
    old = [f"- {e}" for e in EQUATIONS if edit and _defined(e) == _defined(edit)]
    return (*old, f"+ {edit}") if edit else ()


def _cost(arm: Arm) -> CellCost:
    parameters, flops = round(131_584 * arm.size), round(262_144 * arm.size)
    return CellCost(
        parameters=parameters,
        flops_forward=flops,
        flops_training=3 * flops,
        elementwise=round(1_792 * arm.size),
        state_size=256,
        sequential_depth=1,
    )


def _bench(arm: Arm) -> BenchLine:
    share = 1.0 if arm.speed is None else arm.speed
    speed = 12.5 * share
    return BenchLine(
        variant=arm.name,
        us_per_token_training=speed,
        us_per_token_forward=speed / 3,
        us_low=0.97 * speed,
        us_high=1.04 * speed,
        ratio_to_base=share,
        ratio_low=0.98 * share,
        ratio_high=1.03 * share,
        generation=_generation(share),
        memory=Memory.of(round(4_000_000 * arm.size), 4_000_000),
        rounds=5,
        where=WHERE,
    )


def _generation(share: float) -> Timed:
    # A step of one stream waits more than it works, so that it gains less from a cheaper cell.
    ratio = 0.5 + 0.5 * share
    return Timed(
        us_per_token=300 * ratio,
        us_low=285 * ratio,
        us_high=330 * ratio,
        ratio_to_base=ratio,
        ratio_low=0.97 * ratio,
        ratio_high=1.04 * ratio,
    )


def _trials(simulation: Simulation, seed: int, drawn: Drawn) -> Iterator[TrialLine]:
    for k, arm in enumerate(simulation.arms):
        if seed not in arm.waiting:
            yield _trial(simulation, k, seed, drawn)


def _trial(simulation: Simulation, k: int, seed: int, drawn: Drawn) -> TrialLine:
    arm = simulation.arms[k]
    return TrialLine(
        trial_key=_digest("t1:", f"{simulation.name} {arm.name} {seed}"),
        variant=arm.name,
        seed=seed,
        cell_hash=_digest("c2:", arm.name),
        config=_trial_config(arm, seed),
        cost=_cost(arm),
        outcome=outcome(simulation, k, seed, drawn),
    )


def _trial_config(arm: Arm, seed: int) -> TrialConfig:
    plan = SweepConfig(name="simulated", base="lstm")
    return TrialConfig(
        variant=arm.name,
        cells={"rnn": f"cell {_identifier(arm.name)}(x; h, c)"},
        task=plan.task,
        model=plan.model,
        train=plan.train,
        backend="reference",
        seed=seed,
        data_sha256=_digest("", "data"),
    )


def _digest(prefix: str, text: str) -> str:
    return prefix + sha256(text.encode()).hexdigest()
