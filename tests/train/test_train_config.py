"""Numbers that torch cannot take are refused when they are read."""

import pytest
from pydantic import ValidationError

from cellsearch.config import TrainConfig, VariantConfig
from cellsearch.train import train

TOO_MUCH = [
    {"threads": 10**5},
    {"batch": 10**30},
    {"optimizer": {"learning_rate": 1e39}},
    {"optimizer": {"weight_decay": 1e300}},
]


@pytest.mark.parametrize("keys", TOO_MUCH)
def test_more_than_torch_can_take_is_refused(keys):
    with pytest.raises(ValidationError, match="less than or equal to"):
        TrainConfig(**keys)


def test_so_is_a_rate_of_a_variant():
    with pytest.raises(ValidationError, match="less than or equal to"):
        VariantConfig(cell="gru", learning_rate=1e39)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
@pytest.mark.parametrize("key", ["learning_rate", "weight_decay"])
def test_the_largest_that_is_taken_can_be_trained_with(trial, name, key):
    optimizer = {"name": name, key: 1e30}
    assert train(trial(train={"optimizer": optimizer})).status in ("done", "diverged")
