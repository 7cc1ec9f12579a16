"""How much of the spread of validation loss goes with each key of the space, by two evaluators.

fANOVA (Hutter et al. 2014) explains the loss over the whole space; PED-ANOVA (Watanabe et al. 2023)
asks what sets the best settings apart. They answer different questions and may disagree.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from cellsearch.config import Choice, RangeConfig, TuneConfig

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.importance import BaseImportanceEvaluator

    from cellsearch.report.data.trying import Tried

# Of fewer settings nothing can be said.
LEAST = 4


def importances(tune: TuneConfig, one: Tried) -> dict[str, dict[str, float]]:
    """By evaluator, the share of each key; nothing where there is too little to go by."""
    if len(set(one.losses.values())) < LEAST or len(one.keys) < 2:
        return {}
    study = _study(tune, one)
    return {name: _shares(study, evaluator) for name, evaluator in _evaluators().items()}


def _evaluators() -> dict[str, BaseImportanceEvaluator]:
    from optuna.importance import FanovaImportanceEvaluator, PedAnovaImportanceEvaluator

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "fANOVA": FanovaImportanceEvaluator(seed=0),
            "PED-ANOVA": PedAnovaImportanceEvaluator(),
        }


def _shares(study: Study, evaluator: BaseImportanceEvaluator) -> dict[str, float]:
    from optuna.importance import get_param_importances

    # A key of which every setting has the same value, and what is experimental, are warned of.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dict(get_param_importances(study, evaluator=evaluator))


def _study(tune: TuneConfig, one: Tried) -> Study:
    import optuna
    from optuna.trial import create_trial

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="minimize")
    distributions = {
        key: _distribution(said, one, key) for key, said in tune.space.items() if key in one.keys
    }
    for number, loss in one.losses.items():
        setting = one.setting(number)
        study.add_trial(create_trial(value=loss, params=setting, distributions=distributions))
    return study


def _distribution(said: RangeConfig | tuple[Choice, ...], one: Tried, key: str) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not isinstance(said, RangeConfig):
        return CategoricalDistribution(said)
    if all(isinstance(one.setting(n)[key], int) for n in one.lines):
        return IntDistribution(int(said.low), int(said.high), log=said.log)
    return FloatDistribution(said.low, said.high, log=said.log)
