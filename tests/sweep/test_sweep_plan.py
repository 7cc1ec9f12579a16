"""From a sweep file to a plan: cells, widths, claims, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from small_sweep import TEXT, config

from cellsearch import lang
from cellsearch.config import MatchConfig, ModelConfig
from cellsearch.errors import CellsearchError, ConfigError, LanguageError
from cellsearch.record import StudyLine
from cellsearch.sweep.planning.describe import matched
from cellsearch.sweep.planning.matching import TOLERANCE, compared, cost_of, matched_width
from cellsearch.sweep.planning.plan import plan
from cellsearch.sweep.trials import trials

PLACEBO = {
    "with": "c' = f * c - i * g",
    "mirror": {"of": "base", "negate": ["Wg", "Ug", "bg"]},
}


def planned(**changes: Any) -> StudyLine:
    return plan(config(**changes), TEXT)


def test_a_plan_holds_every_cell_written_out() -> None:
    study = planned()
    assert [v.name for v in study.variants] == ["base", "no_output_gate", "gru"]
    edited = lang.edit_cell(lang.load_cell("lstm"), "o = 1")
    assert lang.parse_cell(study.variants[1].cell) == edited
    assert study.variants[1].changes == ("- o = sigmoid(Wo @ x + Uo @ h + bo)", "+ o = 1")
    assert study.variants[0].changes == ()
    assert "h' = o * tanh(c')" in study.variants[0].equations
    assert (study.vocabulary, study.data_sha256) == (TEXT.vocabulary, TEXT.sha256)


def test_a_plan_foretells_ranges_and_scans() -> None:
    base, _, gru = planned().variants
    assert base.ranges[0] == "h in (-1, 1)"
    assert base.ranges[1].startswith("c in (-inf, inf); it may grow for ever")
    assert (gru.ranges, gru.scan) == (("h in (-1, 1)",), ("h: loop, 3 products a step",))


def test_cells_of_the_sweep_come_before_the_librarys() -> None:
    own = "cell lstm(x; h)\n    h' = tanh(W @ x + U @ h + bh)\n\ncell mine = gru with\n    r = 1\n"
    study = planned(cells=own, variants={"mine": {"cell": "mine"}})
    assert [v.cell_name for v in study.variants] == ["lstm", "mine"]
    assert "tanh(W @ x + U @ h + bh)" in study.variants[0].cell
    assert "r = 1" in " ".join(study.variants[1].cell.split())


@pytest.mark.parametrize(
    ("variants", "message"),
    [
        ({"a": {"cell": "lstm"}}, "variant 'a' is identical to the base"),
        (
            {"a": {"with": "o = 1"}, "b": {"with": "o = 1"}},
            "variant 'b' is identical to variant 'a'",
        ),
        ({"a": {"cell": "gruu"}}, "variant 'a': .*'gruu'.*nearest is 'gru'"),
        ({"a b": {"cell": "gru"}}, "'a b' cannot name a variant"),
        ({"../a": {"cell": "gru"}}, r"'\.\./a' cannot name a variant"),
        ({"a": {"with": "q = 1"}}, "variant 'a'"),
        ({"a": {"with": "o = tan(1)"}}, "variant 'a'"),
        (
            {"a": PLACEBO | {"mirror": {"of": "base", "negate": ["Wg", "Ug"]}}},
            "variant 'a' is no mirror of 'base': .*differ",
        ),
        (
            {"a": PLACEBO | {"mirror": {"of": "base", "negate": ["Wgg"]}}},
            "variant 'a' is no mirror of 'base': .*nearest is 'Wg'",
        ),
        (
            {"a": PLACEBO | {"mirror": {"of": "bse", "negate": ["Wg"]}}},
            "variant 'a' says it mirrors 'bse'.*nearest is 'base'",
        ),
        (
            {"a": PLACEBO | {"mirror": {"of": "a", "negate": ["Wg"]}}},
            "variant 'a' says it mirrors itself",
        ),
    ],
)
def test_what_is_refused(variants: dict[str, Any], message: str) -> None:
    with pytest.raises(CellsearchError, match=message):
        planned(variants=variants)


@pytest.mark.parametrize("base", ["lstn", "cell a(x; h)\n    h' = tanh(W @ x\n"])
def test_a_base_that_is_none(base: str) -> None:
    with pytest.raises(LanguageError, match="base: "):
        planned(base=base)


def test_starts_of_weights_are_no_difference_where_all_start_alike() -> None:
    forgets_less = {"b": {"cell": "lstm_b"}}
    assert len(planned(variants=forgets_less).variants) == 2
    with pytest.raises(ConfigError, match="variant 'b' is identical to the base"):
        planned(variants=forgets_less, model={"hidden": 8, "init": 0.1})
    started = {"with": "init h = 0.5"}
    assert planned(variants={"b": started}, model={"hidden": 8, "init": 0.1})


def test_a_copy_that_is_meant_says_of_what() -> None:
    study = planned(variants={"again": {"cell": "lstm", "identical": True}})
    assert study.variants[1].identical_to == "base"


def test_another_learning_rate_is_another_variant() -> None:
    study = planned(variants={"fast": {"cell": "lstm", "learning_rate": 0.1}})
    assert [v.learning_rate for v in study.variants] == [0.003, 0.1]
    rates = {t.variant.name: t.config.train.optimizer.learning_rate for t in trials_of(study)}
    assert rates == {"base": 0.003, "fast": 0.1}


def trials_of(study: StudyLine) -> Any:
    return trials(study, study.spec.seeds, study.spec.task)


def test_a_mirrored_start_negates_and_the_same_start_does_not() -> None:
    study = planned(
        variants={"same": PLACEBO, "mirrored": PLACEBO | {"start": "mirrored", "identical": True}}
    )
    negate = {t.variant.name: t.config.negate for t in trials_of(study)}
    assert negate == {"base": (), "same": (), "mirrored": ("Wg", "Ug", "bg")}
    assert study.variants[2].mirror_of == "base"
    assert study.variants[2].identical_to is None


def test_keys_tell_trials_apart_and_labels_do_not() -> None:
    first, renamed = (planned(variants={n: {"with": "o = 1"}}) for n in ("a", "b"))
    keys = [t.key for t in trials_of(first)]
    assert len(set(keys)) == len(keys) == 4
    assert keys == [t.key for t in trials_of(renamed)]
    assert all(key.startswith("t1:") for key in keys)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"train": {"tokens": 41, "batch": 2, "segment": 2}}, False),
        ({"train": {"tokens": 40, "batch": 2, "segment": 2, "threads": 2}}, False),
        ({"model": {"hidden": 9}}, False),
        ({"model": {"hidden": 8, "init": 0.1}}, False),
        ({"backend": "reference"}, False),
        ({"task": {"evaluation_warmup": 3}}, False),
        ({"base": "cell lstm = lstm with\n    init bf = 1"}, False),
        ({"train": {"tokens": 40, "batch": 2, "segment": 2, "checkpoint_seconds": 1}}, True),
        ({"task": {"corpus": "elsewhere.txt"}}, True),
        ({"question": "why?", "margin": 0.1}, True),
        ({"model": {"hidden": 8, "embedding": 8}}, True),
    ],
)
def test_what_enters_a_key(changes: dict[str, Any], same: bool) -> None:
    one, other = ({t.key for t in trials_of(planned(variants={}, **c))} for c in ({}, changes))
    assert (one == other) is same
    assert not one & other or same


def test_an_early_look_sees_every_variant() -> None:
    order = [(t.name.variant, t.name.seed) for t in trials_of(planned())]
    assert order[:3] == [("base", 0), ("no_output_gate", 0), ("gru", 0)]
    assert len(order) == len(set(order)) == 6


@pytest.mark.parametrize("by", ["params", "flops"])
@pytest.mark.parametrize("of", ["cell", "model"])
def test_matched_widths_are_the_nearest(by: Any, of: Any) -> None:
    match = MatchConfig(by=by, of=of)
    study = planned(model={"hidden": 32}, match=match)
    model = ModelConfig(hidden=32, embedding=32)
    target = compared(cost_of(lang.load_cell("lstm"), model, TEXT.vocabulary), match)
    for variant in study.variants[1:]:
        costs = {
            h: compared(
                cost_of(
                    lang.parse_cell(variant.cell),
                    model.model_copy(update={"hidden": h}),
                    TEXT.vocabulary,
                ),
                match,
            )
            for h in range(1, 80)
        }
        nearest = min(costs, key=lambda h: abs(costs[h] - target))
        assert variant.hidden == nearest
        assert abs(costs[nearest] - target) <= TOLERANCE * target
    said = matched(study)
    assert len(said) == 2
    assert f"H = {study.variants[1].hidden}" in said[0]


def test_all_variants_have_one_input_width() -> None:
    study = planned(model={"hidden": 32}, match={"by": "params"})
    assert {t.config.model.embedding for t in trials_of(study)} == {32}
    assert len({t.config.model.hidden for t in trials_of(study)}) > 1


def test_what_cannot_be_matched_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"'rnn' cannot be matched by params of the cell: at H"):
        planned(model={"hidden": 1}, match={"by": "params"}, variants={"rnn": {"cell": "rnn"}})
    only_square = "cell sq(x; h)\n    h' = tanh(U @ h) + x\n    needs X = H\n"
    with pytest.raises(ConfigError, match="'sq' cannot be matched by params"):
        planned(match={"by": "params"}, variants={"sq": {"cell": only_square}})


def test_widths_that_a_cell_refuses_are_passed_over() -> None:
    heads = "cell heads(x; h)\n    h' = tanh(W @ x + block(U, 4) @ h + bh)\n"
    width = matched_width(
        "heads",
        lang.parse_cell(heads),
        ModelConfig(hidden=32, embedding=32),
        TEXT.vocabulary,
        MatchConfig(by="params"),
        target=5000,
    )
    assert width % 4 == 0


def test_a_circle_of_mirrors_is_refused() -> None:
    negate = ["Wg", "Ug", "bg"]
    flip = "c' = f * c - i * g"
    variants = {
        "a": {"cell": "lstm", "mirror": {"of": "b", "negate": negate}},
        "b": {"cell": "lstm", "with": flip, "mirror": {"of": "a", "negate": negate}},
    }
    with pytest.raises(ConfigError, match="'a' mirrors 'b' mirrors 'a'; expected that one"):
        plan(config(base="gru", variants=variants), TEXT)
