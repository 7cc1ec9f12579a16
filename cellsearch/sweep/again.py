"""Which of the trials that failed are tried again."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from cellsearch.errors import ConfigError, nearest
from cellsearch.record import Failure, TrialLine

Again = Callable[[TrialLine], bool]

# `failed`, or a kind of failure; that a trial diverged is a result.
_FAILURES = [k for k in get_args(Failure.model_fields["kind"].annotation) if k != "diverged"]
KINDS = ("failed", *_FAILURES)


def never(line: TrialLine) -> bool:
    """None of them."""
    return False


def of_kinds(text: str) -> Again:
    """Those that a list such as `oom,killed` names; `failed` is all of them.

    Raises:
        ConfigError: what is no kind of failure.
    """
    kinds = [kind.strip() for kind in text.split(",")]
    for kind in kinds:
        if kind not in KINDS:
            raise ConfigError(
                f"--retry {text}: '{kind}' is no kind of failure{nearest(kind, KINDS)}; "
                f"expected {', '.join(KINDS)}"
            )
    return lambda line: "failed" in kinds or _kind(line) in kinds


def _kind(line: TrialLine) -> str | None:
    return line.outcome.error.kind if line.outcome.error else None
