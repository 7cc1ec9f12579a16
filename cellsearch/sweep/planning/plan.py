"""From a sweep file to a frozen plan: every variant's cell, width, cost, and claims, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cellsearch import lang
from cellsearch.config import ModelConfig, SweepConfig, VariantConfig
from cellsearch.derive.hashes import cell_hash, class_hash
from cellsearch.derive.mirror import prove_mirror
from cellsearch.errors import CellsearchError, ConfigError, LanguageError, nearest
from cellsearch.ir import Cell
from cellsearch.record import StudyLine, Variant
from cellsearch.sweep import proposers
from cellsearch.sweep.planning.alike import representatives
from cellsearch.sweep.planning.describe import changes, counted, described, foretold
from cellsearch.sweep.planning.keys import study_key
from cellsearch.sweep.planning.matching import compared, cost_of, elaborated, matched_width
from cellsearch.sweep.planning.tuning import check as check_tuning
from cellsearch.where import where

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+-]{0,63}")
_BASE = VariantConfig(cell="base")


@dataclass(frozen=True, slots=True)
class Text:
    """What a plan must know of the corpus.

    Attributes:
        vocabulary: V, the number of symbols.
        sha256: of the text and its split.
        description: one sentence, for the report.
    """

    vocabulary: int
    sha256: str
    description: str


def plan(config: SweepConfig, text: Text) -> StudyLine:
    """The study that a sweep file asks for. Nothing is written and nothing trained.

    Raises:
        ConfigError: a variant that is unknown, unusable, the same as another, or whose claim to
            be a mirror does not hold; a tuning that cannot be meant.
        LanguageError: a cell or an edit that is none.
    """
    _check_names(config)
    cells = cells_of(config)
    check_tuning(config, cells, text.vocabulary)
    widths = _widths(config, cells, text.vocabulary)
    variants = tuple(_variant(config, name, cells, widths, text) for name in cells)
    study = StudyLine(
        study_key=study_key(config, {v.name: v.cell_hash for v in variants}, text.sha256),
        spec=config,
        variants=_known_twins(config, variants, cells),
        adaptive=config.tune is not None and proposers.find(config.tune.proposer).adaptive,
        vocabulary=text.vocabulary,
        data_sha256=text.sha256,
        corpus=text.description,
        where=where(config.train.threads, config.backend),
    )
    _check_circles(study)
    return study


def _check_circles(study: StudyLine) -> None:
    each = {v.name: v for v in study.variants}
    for name in each:
        met = [name]
        while other := study.followed(each[met[-1]]):
            if other in met:
                circle = " mirrors ".join(f"'{n}'" for n in (*met, other))
                raise ConfigError(f"{circle}; expected that one of them mirrors none of the others")
            met.append(other)


def model_of(config: SweepConfig, hidden: int) -> ModelConfig:
    """The model at a variant's width. The first layer's input is as wide for all."""
    width = config.model.embedding or config.model.hidden
    return config.model.model_copy(update={"hidden": hidden, "embedding": width})


def _check_names(config: SweepConfig) -> None:
    for name in config.variants:
        if not _NAME.fullmatch(name):
            raise ConfigError(
                f"'{name}' cannot name a variant: expected letters, digits, '_', '-' and '+', "
                "64 of them at most"
            )


def cells_of(config: SweepConfig) -> dict[str, Cell]:
    """The cell of each variant, the base first.

    Raises:
        LanguageError: one is none.
    """
    own = lang.parse_cells(config.cells, library=lang.library()) if config.cells else {}
    base = _named("base", config.base, own)
    others = {n: _cell(n, v, base, own) for n, v in config.variants.items()}
    return {"base": base, **others}


def _cell(name: str, variant: VariantConfig, base: Cell, own: Mapping[str, Cell]) -> Cell:
    cell = base if variant.cell in (None, "base") else _named(name, variant.cell or "", own)
    if not variant.edits:
        return cell
    try:
        return lang.edit_cell(cell, "\n".join(variant.edits))
    except LanguageError as error:
        raise _said_of(f"variant '{name}'", error) from None


def _named(name: str, source: str, own: Mapping[str, Cell]) -> Cell:
    try:
        return lang.load_cell(source, own)
    except LanguageError as error:
        raise _said_of("base" if name == "base" else f"variant '{name}'", error) from None


def _said_of(what: str, error: LanguageError) -> LanguageError:
    return LanguageError(f"{what}: {error.message}", error.position)


def _widths(config: SweepConfig, cells: Mapping[str, Cell], vocabulary: int) -> dict[str, int]:
    model = model_of(config, config.model.hidden)
    try:
        target = compared(cost_of(cells["base"], model, vocabulary), config.match)
    except LanguageError as error:
        raise _said_of("base", error) from None
    others = {
        name: matched_width(name, cell, model, vocabulary, config.match, target)
        for name, cell in cells.items()
        if name != "base"
    }
    return {"base": config.model.hidden, **others}


def _variant(
    config: SweepConfig, name: str, cells: Mapping[str, Cell], widths: Mapping[str, int], text: Text
) -> Variant:
    said = config.variants.get(name, _BASE)
    cell, model = cells[name], model_of(config, widths[name])
    _check_mirror(name, said, cells, config)
    try:
        cost = cost_of(cell, model, text.vocabulary)
        graph = elaborated(cell, model)
    except LanguageError as error:
        raise _said_of(f"variant '{name}'", error) from None
    return Variant(
        name=name,
        cell=lang.print_cell(cell),
        cell_hash=cell_hash(graph),
        class_hash=class_hash(graph),
        changes=changes(cells["base"], cell),
        sentence=said.sentence,
        placebo=said.placebo,
        mirror_of=said.mirror.of if said.mirror else None,
        negate=said.mirror.negate if said.mirror else (),
        start=said.start,
        hidden=model.hidden,
        learning_rate=said.learning_rate or config.train.optimizer.learning_rate,
        **described(cell),
        **foretold(graph, model),
        **counted(cost),
    )


def _check_mirror(
    name: str, said: VariantConfig, cells: Mapping[str, Cell], config: SweepConfig
) -> None:
    if said.mirror is None:
        return
    of = said.mirror.of
    try:
        other = cells[of] if of in cells else lang.load_cell(of)
    except CellsearchError:
        known = [*cells, *lang.names()]
        raise ConfigError(
            f"variant '{name}' says it mirrors '{of}', which is no variant and no cell"
            f"{nearest(of, known)}"
        ) from None
    if of == name:
        raise ConfigError(f"variant '{name}' says it mirrors itself; expected another cell")
    try:
        prove_mirror(cells[name], other, said.mirror.negate)
    except LanguageError as error:
        raise ConfigError(f"variant '{name}' is no mirror of '{of}': {error.message}") from None


def _known_twins(
    config: SweepConfig, variants: tuple[Variant, ...], cells: Mapping[str, Cell]
) -> tuple[Variant, ...]:
    """Marks a permitted copy with what it copies; refuses any other."""
    graphs = {v.name: elaborated(cells[v.name], model_of(config, v.hidden)) for v in variants}
    of = representatives(cells, graphs)
    hashes = {v.name: v.cell_hash for v in variants}
    first: dict[object, str] = {}
    firsts = [first.setdefault(_same(v, hashes[of[v.name]]), v.name) for v in variants]
    return tuple(_twin_marked(config, v, n) for v, n in zip(variants, firsts, strict=True))


def _same(v: Variant, cell: str) -> object:
    # A mirrored start is another draw: the same cell from there is a trial of its own.
    negated = v.negate if v.start == "mirrored" else ()
    return (cell, v.hidden, v.learning_rate, negated)


def _twin_marked(config: SweepConfig, variant: Variant, first: str) -> Variant:
    if first == variant.name:
        return variant
    if config.variants[variant.name].identical:
        return variant.model_copy(update={"identical_to": first})
    of = "the base" if first == "base" else f"variant '{first}'"
    raise ConfigError(
        f"variant '{variant.name}' is identical to {of}; say `identical: true` if that is meant"
    )
