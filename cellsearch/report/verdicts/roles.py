"""What the plan alone says of a variant, before any data: who is tested, and who is a control."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cellsearch.report.verdicts.findings import Class
from cellsearch.report.verdicts.samples import BASE

if TYPE_CHECKING:
    from cellsearch.record import StudyLine, Variant


def role_of(variant: Variant, study: StudyLine, variants: Sequence[Variant]) -> Class | None:
    """Base, identical, mirror or placebo; None: it is a contrast, and is tested."""
    if variant.name == BASE:
        return Class.BASE
    if variant.identical_to is not None:
        return Class.IDENTICAL
    if variant.mirror_of is not None and _trained_alike(variant, study, variants):
        return Class.MIRROR
    return Class.PLACEBO if variant.placebo else None


def contrasts(study: StudyLine, variants: Sequence[Variant]) -> tuple[str, ...]:
    """The names of those that are tested, which are the families."""
    return tuple(v.name for v in variants if role_of(v, study, variants) is None)


def _trained_alike(variant: Variant, study: StudyLine, variants: Sequence[Variant]) -> bool:
    """A mirror at a rate or width of its own does not follow the law of what it mirrors."""
    twin = study.twin(variant)
    other = next((v for v in variants if v.name == twin), variant)
    return (variant.learning_rate, variant.hidden) == (other.learning_rate, other.hidden)
