"""Variants that follow from the base's equations: `variants: auto`, and a placebo.

They are worked out when a file is read, and are ordinary variants from there on: a study that is
under way has them in its journal, whatever a later version would derive.
"""

from __future__ import annotations

from typing import Any

from cellsearch.config import MirrorConfig, SweepConfig, VariantConfig
from cellsearch.derive import ablations
from cellsearch.derive.ablations import Ablation
from cellsearch.derive.hashes import cell_hash
from cellsearch.derive.mirror import prove_mirror
from cellsearch.errors import ConfigError, LanguageError
from cellsearch.ir import Cell
from cellsearch.sweep.planning.matching import elaborated
from cellsearch.sweep.planning.plan import cells_of

AUTO, PLACEBO = "auto", "placebo"

# A name, its cell, and what a sweep file would say of it.
Found = tuple[str, Cell, VariantConfig]


def asked(raw: dict[str, Any]) -> bool:
    """Whether a sweep file says `variants: auto`, or `auto` in a list of variants.

    What it says beside that stays in `raw`, as one group.
    """
    said = raw.get("variants")
    items = said if isinstance(said, list) else [said]
    if AUTO not in items:
        return False
    own: dict[str, Any] = {}
    for item in items:
        if item == AUTO:
            continue
        if not isinstance(item, dict) or set(item) & set(own):
            raise ConfigError(f"'variants' is auto, or a list of auto and variants; got {item!r}")
        own |= item
    raw["variants"] = own
    return True


def completed(config: SweepConfig, every_ablation: bool) -> SweepConfig:
    """A sweep with the variants that are derived.

    Raises:
        ConfigError: a variant has the name of a derived one.
    """
    try:
        cells = cells_of(config)
        known = {_hash(cell, config) for cell in cells.values()}
        found = _ablations(cells["base"]) if every_ablation else []
        if config.placebo == AUTO and (found or config.variants) and not _has_placebo(config):
            found += _placebo(cells["base"])
        new = {n: v for n, cell, v in found if _hash(cell, config) not in known}
    except LanguageError:
        # What is wrong with a cell is said when the sweep is planned.
        return config
    for name in sorted(set(new) & set(config.variants)):
        raise ConfigError(f"variant '{name}' has the name of a derived one; call yours otherwise")
    return config.model_copy(update={"variants": {**config.variants, **new}})


def _hash(cell: Cell, config: SweepConfig) -> str:
    return cell_hash(elaborated(cell, config.model))


def _has_placebo(config: SweepConfig) -> bool:
    return any(v.placebo or v.mirror is not None for v in config.variants.values())


def _ablations(base: Cell) -> list[Found]:
    found = ablations.derived(base, library=False).ablations
    return [(a.name, a.cell, _variant(a, a.what)) for a in found if a.kind != PLACEBO]


def _placebo(base: Cell) -> list[Found]:
    found = ablations.placebo(base)
    if found is None:
        return []
    variant = _variant(found, f"{found.what}; the same model in other words")
    claim = {"placebo": True, "mirror": _mirror(base, found)}
    return [(PLACEBO, found.cell, variant.model_copy(update=claim))]


def _variant(a: Ablation, sentence: str) -> VariantConfig:
    said = f"{sentence[:1].upper()}{sentence[1:]}."
    return VariantConfig.model_validate({"with": a.edits, "sentence": said})


def _mirror(base: Cell, found: Ablation) -> MirrorConfig | None:
    """The claim that the placebo is a mirror, where it is one by negated weights alone."""
    try:
        prove_mirror(found.cell, base, found.negate)
    except LanguageError:
        return None
    return MirrorConfig(negate=found.negate)
