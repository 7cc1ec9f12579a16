"""The sweeps that come with cellsearch can be run, and are what they say."""

from pathlib import Path

import pytest

from cellsearch.sweep.planning import files
from cellsearch.sweep.planning.plan import Text, plan

FOLDER = Path(__file__).parents[2] / "search_spaces"
FILES = sorted(FOLDER.glob("*.yaml"))
TEXT = Text(96, "0", "a text")


def planned(name, *overrides):
    return plan(files.load(FOLDER / f"{name}.yaml", overrides), TEXT)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_it_is_planned_has_a_placebo_and_says_what_each_variant_is(path):
    study = planned(path.stem)
    assert study.spec.name == path.stem
    assert study.spec.question
    placebos = [v.name for v in study.variants if v.mirror_of == "base"]
    # What compares nothing has nothing to show the noise of.
    assert placebos or not study.spec.variants
    assert [v.name for v in study.variants[1:] if not v.sentence] == []


def test_the_ablations_of_the_paper():
    study = planned("lstm_ablation")
    names = {v.name for v in study.variants}
    assert names >= {"NIG", "NFG", "NOG", "NIAF", "NOAF", "CIFG", "NP", "FGR", "NOG_NOAF"}
    fgr = next(v for v in study.variants if v.name == "FGR")
    base = study.variants[0]
    assert fgr.cell_cost.parameters - base.cell_cost.parameters == 9 * 128 * 128
    # Two states of the base, and three gates that are remembered.
    assert fgr.cell_cost.state_size == 5 * 128


def test_the_small_model_of_zaremba_et_al():
    text = Text(10_000, "0", "Penn Treebank")
    study = plan(files.load(FOLDER / "zaremba_small.yaml"), text)
    (base,), train = study.variants, study.spec.train
    # Embedding; two layers of four gates, each with one bias; softmax with its bias.
    layer = 4 * (200 * 200 + 200 * 200 + 200)
    assert base.model_parameters == 10_000 * 200 + 2 * layer + 10_000 * 201
    epoch = 929_589 // train.batch // train.segment
    assert train.tokens == 13 * epoch * train.batch * train.segment
    # Rate and clip are the paper's 1 and 5 for a loss that is summed over the steps.
    assert (train.optimizer.learning_rate / train.segment, train.clip * train.segment) == (1, 5)


def test_lstm_and_gru_are_matched_by_both_costs_at_once():
    by_params, by_flops = planned("lstm_vs_gru"), planned("lstm_vs_gru", "match.by=flops")
    assert [v.hidden for v in by_params.variants] == [v.hidden for v in by_flops.variants]
    base, *others = by_params.variants
    for variant in others:
        cost = variant.cell_cost
        assert cost.parameters == pytest.approx(base.cell_cost.parameters, rel=0.01)
        assert cost.flops_forward == pytest.approx(base.cell_cost.flops_forward, rel=0.01)
