"""Variants that are one cell in other words, and mirrors that do not say so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_sweep import TEXT, Watcher, config

from cellsearch import store
from cellsearch.derive.relations import DIFFERENT, Relation
from cellsearch.errors import ConfigError
from cellsearch.record import StudyLine
from cellsearch.sweep.planning import alike
from cellsearch.sweep.planning.alike import undeclared_mirrors
from cellsearch.sweep.planning.plan import plan
from cellsearch.sweep.run import Means, sweep
from cellsearch.sweep.trials import Maker

# Other equations, the same values: 1 - sigmoid(-a) is sigmoid(a).
REWRITTEN = "sigmoid(?a) -> 1 - sigmoid(-?a) everywhere"
NEGATED = "c' = f * c - i * g"
DECLARED = {"mirror": {"of": "base", "negate": ["Wg", "Ug", "bg"]}}


def planned(variants: dict[str, Any]) -> StudyLine:
    return plan(config(variants=variants), TEXT)


def test_the_same_cell_by_algebra_is_refused_unless_it_is_meant() -> None:
    with pytest.raises(ConfigError, match="variant 'a' is identical to the base"):
        planned({"a": {"with": REWRITTEN}})
    meant = planned({"a": {"with": REWRITTEN, "identical": True}}).variants
    assert meant[1].identical_to == "base"
    assert meant[0].cell_hash != meant[1].cell_hash


def test_nothing_is_refused_or_said_that_is_not_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "relate", lambda *_: Relation(DIFFERENT, {}))
    study = planned({"a": {"with": REWRITTEN}, "b": {"with": NEGATED}})
    assert study.variants[1].identical_to is None
    assert list(undeclared_mirrors(study)) == []


def test_variants_of_one_class_bear_one_label() -> None:
    base, mirror, other = planned({"m": {"with": NEGATED}, "o": {"with": "o = 1"}}).variants
    assert base.class_hash == mirror.class_hash != other.class_hash
    assert str(base.class_hash).startswith("k1:")
    assert base.cell_hash != mirror.cell_hash


def test_a_setting_that_makes_another_cell_gives_it_another_label() -> None:
    study = planned({"m": {"cell": "miru1"}})
    settled = Maker(study, study.spec.task).settled(study.variants[1], {"const.lam": 0.25})
    assert settled.class_hash != study.variants[1].class_hash


@pytest.mark.parametrize(
    ("variants", "said"),
    [
        ({"m": {"with": NEGATED}}, ["variant 'm' is the mirror of the base: a placebo"]),
        (
            {"a": {"with": "o = 1"}, "b": {"with": ["o = 1", NEGATED]}},
            ["variant 'b' is the mirror of 'a': a placebo"],
        ),
        ({"m": {"with": NEGATED} | DECLARED}, []),
        ({"m": {"with": NEGATED, "placebo": True} | DECLARED}, []),
        ({"m": {"with": NEGATED, "learning_rate": 0.1}}, []),
        ({"m": {"with": "c' = f * c + 2 * i * g"}}, []),
        ({"m": {"cell": "lstm", "identical": True}}, []),
        ({"m": {"cell": "lstm", "learning_rate": 0.1}}, []),
    ],
)
def test_a_mirror_that_does_not_say_so(variants: dict[str, Any], said: list[str]) -> None:
    assert list(undeclared_mirrors(planned(variants))) == said


def test_one_proof_a_pair_that_looks_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    relate = alike.relate
    monkeypatch.setattr(alike, "relate", lambda a, b: asked.append(b.name) or relate(a, b))
    list(undeclared_mirrors(planned({"a": {"with": "o = 1"}, "b": {"cell": "gru"}})))
    assert asked == []


def test_a_sweep_says_it_and_puts_the_label_on_record(
    tmp_path: Path, watched: Callable[[], tuple[Means, Watcher]]
) -> None:
    means, watcher = watched()
    journal = sweep(config(variants={"m": {"with": NEGATED}}, seeds=1), tmp_path, means)
    assert "variant 'm' is the mirror of the base: a placebo" in watcher.notes
    label = journal.study.variants[0].class_hash
    assert {t.class_hash for t in journal.trials} == {label} != {None}


def test_a_journal_without_labels_is_gone_on_with(
    tmp_path: Path, watched: Callable[[], tuple[Means, Watcher]]
) -> None:
    asked = config(variants={"m": {"with": NEGATED}}, seeds=1)
    label = sweep(asked, tmp_path, watched()[0]).study.variants[0].class_hash
    path = tmp_path / store.NAME
    path.write_text(path.read_text().replace(f'"{label}"', "null"))
    assert store.read(tmp_path).study.variants[0].class_hash is None
    more = sweep(asked.model_copy(update={"seeds": 2}), tmp_path, watched()[0])
    assert [t.class_hash for t in more.trials] == [None] * 4


def test_a_cell_that_few_sizes_fit_is_planned_with_its_mirror(tmp_path: Path) -> None:
    cell = tmp_path / "five.cell"
    z, n = "sigmoid(Wz @ x + block(Uz, 5) @ h + bz)", "tanh(Wn @ x + block(Un, 5) @ h)"
    cell.write_text(f"cell five(x; h)\n    z = {z}\n    n = {n}\n    h' = (1 - z) * h + z * n\n")
    mirror = {"of": "base", "negate": ["Wz", "Uz", "bz"]}
    variants = {
        "declared": {"with": "h' = z * h + (1 - z) * n", "mirror": mirror},
        "same": {"with": "h' = h - z * h + z * n", "identical": True},
    }
    study = plan(config(base=str(cell), model={"hidden": 20}, variants=variants), TEXT)
    assert [v.identical_to for v in study.variants] == [None, None, "base"]
    assert study.variants[1].mirror_of == "base"
