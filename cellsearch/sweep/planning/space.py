"""The space of a tuning: from `tune.space` to what may be tried, and from a setting to a sweep.

A key is one of `model` or `train`, as in `model.dropout.output`, or `const.NAME`: a const of every
cell that has it.
"""

from __future__ import annotations

from collections.abc import Mapping

from cellsearch.config import CONST, Choice, RangeConfig, SweepConfig, TuneConfig
from cellsearch.record import Setting
from cellsearch.sweep.planning import problems
from cellsearch.sweep.proposers.dimensions import Dimension, Options, Space, Span

_SEGMENT = "train.segment"


def space_of(tune: TuneConfig) -> Space:
    """What is tried, by key, in the order of the file."""
    return {key: _dimension(key, said) for key, said in tune.space.items()}


def changed(config: SweepConfig, setting: Mapping[str, Choice]) -> SweepConfig:
    """The sweep with a setting's keys of `model` and `train`; consts are the cells' business.

    Raises:
        ConfigError: a value that its key cannot have.
    """
    keys = [key for key in setting if not key.startswith(CONST)]
    if not keys:
        return config
    raw = config.model_dump(mode="json", by_alias=True)
    for key in keys:
        *groups, last = key.split(".")
        inner = raw
        for group in groups:
            inner = inner[group]
        inner[last] = setting[key]
    return problems.validate(raw, "tune.space", [])


def longest_segment(config: SweepConfig) -> int:
    """T at its longest, of what the sweep compares and of what it tries."""
    tried = space_of(config.tune).get(_SEGMENT) if config.tune else None
    ends = (config.train.segment, *(tried.ends if tried else ()))
    return max(changed(config, {_SEGMENT: end}).train.segment for end in ends)


def consts(setting: Setting) -> dict[str, Choice]:
    """The values of a setting that are consts, by name."""
    return {k.removeprefix(CONST): v for k, v in setting.items() if k.startswith(CONST)}


def _dimension(key: str, said: RangeConfig | tuple[Choice, ...]) -> Dimension:
    if isinstance(said, RangeConfig):
        return Span(said.low, said.high, said.log, _is_whole(key, said))
    return Options(said)


def _is_whole(key: str, said: RangeConfig) -> bool:
    written_so = isinstance(said.low, int) and isinstance(said.high, int)
    return written_so if key.startswith(CONST) else int in problems.types_at(key)
