"""Small trials on text of known entropy."""

from collections.abc import Callable
from typing import Any

import pytest

from cellsearch import data
from cellsearch.config import ModelConfig, TaskConfig, TrainConfig, TrialConfig

LSTM = """cell lstm(x; h, c)
    i  = sigmoid(Wi @ x + Ui @ h + bi)
    f  = sigmoid(Wf @ x + Uf @ h + bf)
    g  = tanh(Wg @ x + Ug @ h + bg)
    o  = sigmoid(Wo @ x + Uo @ h + bo)
    c' = f * c + i * g
    h' = o * tanh(c')
"""
GRU = """cell gru(x; h)
    r  = sigmoid(Wr @ x + Ur @ h + br)
    z  = sigmoid(Wz @ x + Uz @ h + bz)
    n  = tanh(Wn @ x + bn + r * (Un @ h + cn))
    h' = (1 - z) * n + z * h
    param cn
"""
CELLS = {
    "lstm": LSTM,
    "lstm_no_output_gate": LSTM.replace("sigmoid(Wo @ x + Uo @ h + bo)", "1"),
    "gru": GRU,
    "gru_flipped": GRU.replace("(1 - z) * n + z * h", "z * n + (1 - z) * h"),
    "gru_zoneout": GRU.replace(
        "h' = (1 - z) * n + z * h", "h' = zoneout((1 - z) * n + z * h, h, 0.2)"
    ),
    "lstm_learned": LSTM + "    init h = learned\n",
    "rnn_exploding": "cell rnn(x; h)\n    h' = W @ x + U @ h * h\n",
}
TASK: dict[str, Any] = {
    "corpus": "grammar:train=4000,valid=700,test=600",
    "evaluation_streams": 3,
    "evaluation_warmup": 5,
}
TRAIN: dict[str, Any] = {"tokens": 3000, "batch": 4, "segment": 12, "evaluations": 3, "reset": 0.2}


def make_trial(cell: str = "lstm", **changes: Any) -> TrialConfig:
    """A trial of a few dozen updates. `task`, `model` and `train` change single keys."""
    task = TaskConfig(**TASK | changes.pop("task", {}))
    return TrialConfig(
        variant=changes.pop("variant", cell),
        cells={"cell": CELLS[cell]},
        negate=changes.pop("negate", ()),
        task=task,
        model=ModelConfig(**{"hidden": 7} | changes.pop("model", {})),
        train=TrainConfig(**TRAIN | changes.pop("train", {})),
        backend=changes.pop("backend", "reference"),
        seed=changes.pop("seed", 0),
        data_sha256=changes.pop("data_sha256", None) or data.load(task).sha256,
        **changes,
    )


@pytest.fixture
def trial() -> Callable[..., TrialConfig]:
    return make_trial


@pytest.fixture
def cells() -> dict[str, str]:
    return CELLS
