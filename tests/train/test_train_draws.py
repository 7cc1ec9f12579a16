import random

import numpy as np
import pytest
import torch

from cellsearch.train.draws import numpy_generator, seed_of, torch_generator
from cellsearch.train.trainer import Trainer


def test_the_seed_of_a_key_never_changes():
    # These numbers are the initial weights of every trial that was ever recorded.
    assert seed_of(0, "order") == 3319374628490382531
    assert seed_of(3, "weights", "cell", 0, "forwards", "Wi") == 17224592261027503380


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((0, "a", "bc"), (0, "ab", "c")),
        ((0, "a", 1, 2), (0, "a", 12)),
        ((0, "a", "1"), (0, "a", 1)),
        ((1, "a", 1), (11, "a")),
        ((0, "noise", "output", 1), (0, "noise", "output", 2)),
    ],
)
def test_parts_of_a_key_do_not_run_into_each_other(one, other):
    assert seed_of(*one) != seed_of(*other)


def test_nothing_global_is_read_or_moved():
    first = torch.rand(5, generator=torch_generator(1, "x")), numpy_generator(1, "x").random(5)
    torch.manual_seed(99), np.random.seed(99), random.seed(99)
    before = torch.get_rng_state()
    again = torch.rand(5, generator=torch_generator(1, "x")), numpy_generator(1, "x").random(5)
    assert torch.equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert torch.equal(before, torch.get_rng_state())


def weights(trial):
    model = Trainer(trial).model
    cells = {(k, n): layer[n] for k, layer in enumerate(model.cells.layers) for n in layer}
    return cells | {"embedding": model.embedding, "softmax": model.softmax}


def test_variants_that_share_a_weight_start_from_the_same_numbers(trial):
    base = weights(trial("lstm", model={"layers": 2}))
    variant = weights(trial("lstm_no_output_gate", model={"layers": 2}))
    assert {n for _, n in set(base) - set(variant)} == {"Wo", "Uo", "bo"}
    for name, weight in variant.items():
        assert torch.equal(weight, base[name])


def test_seeds_layers_and_weights_have_draws_of_their_own(trial):
    base = weights(trial("lstm", model={"layers": 2}))
    other = weights(trial("lstm", model={"layers": 2}, seed=1))
    for name, weight in base.items():
        assert torch.equal(weight, other[name]) == (not weight.any()), name
    drawn = [w for w in base.values() if w.shape == (7, 7)]
    assert len(drawn) == 16
    assert len({w[0, 0].item() for w in drawn}) == 16


def test_a_trial_in_float32_starts_from_the_same_numbers_rounded(trial):
    double = weights(trial("lstm", train={"dtype": "float64"}))
    for name, weight in weights(trial("lstm")).items():
        assert torch.equal(weight, double[name].float()), name


def test_a_mirrored_start_negates_in_every_layer(trial):
    plain = weights(trial("gru", model={"layers": 2}))
    mirrored = weights(trial("gru", model={"layers": 2}, negate=("Wz", "Uz", "bz")))
    for (layer, name), weight in ((k, w) for k, w in plain.items() if isinstance(k, tuple)):
        sign = -1 if name in ("Wz", "Uz", "bz") else 1
        assert torch.equal(mirrored[layer, name], sign * weight)


def test_the_order_of_the_data_does_not_depend_on_the_cell(trial):
    one, other = Trainer(trial("lstm")), Trainer(trial("gru"))
    elsewhere = Trainer(trial("lstm", seed=1))
    first = one.task.streams.segment(3)
    assert np.array_equal(first, other.task.streams.segment(3))
    assert not np.array_equal(first, elsewhere.task.streams.segment(3))
