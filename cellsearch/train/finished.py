"""A finished trial's model, from its configuration and its weights."""

from __future__ import annotations

from safetensors import SafetensorError
from safetensors.torch import load

from cellsearch.config import TrialConfig
from cellsearch.data import Corpus
from cellsearch.errors import StoreError, TrialError
from cellsearch.nn.language_model import LanguageModel
from cellsearch.tasks import find
from cellsearch.tasks.language_model import LanguageModelTask
from cellsearch.train.draws import numpy_generator


def finished(trial: TrialConfig, weights: bytes) -> tuple[LanguageModel, Corpus]:
    """The model as the trial left it, and the text that it was trained on.

    Args:
        trial: as it was trained.
        weights: the content of its safetensors file.

    Raises:
        TrialError: its task is no language model.
        DataError: the text is not there, or is another one.
        StoreError: the weights are not this trial's, or damaged.
    """
    task = find(trial.task.name)(trial, numpy_generator(trial.seed, "order"))
    if not isinstance(task, LanguageModelTask):
        raise TrialError(f"a language model writes text; got the task '{trial.task.name}'")
    model = task.model()
    try:
        model.load_state_dict(load(weights))
    except (SafetensorError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise StoreError(f"damaged weights: {reason}") from None
    return model.eval(), task.corpus
