"""`variants: auto` and the placebo: worked out when the file is read, ordinary from there on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from small_sweep import TEXT

from cellsearch import lang
from cellsearch.config import SweepConfig
from cellsearch.derive import ablations
from cellsearch.errors import ConfigError, LanguageError
from cellsearch.sweep.planning import files
from cellsearch.sweep.planning.keys import study_key
from cellsearch.sweep.planning.plan import plan

Write = Callable[[str], Path]
SMALL = "name: small\nbase: mingru\nmodel: {hidden: 8}\n"
FLIP = "(1 - ?z) * ?a + ?z * ?b -> ?z * ?a + (1 - ?z) * ?b"


@pytest.fixture
def load(sweep_file: Write) -> Callable[..., SweepConfig]:
    return lambda text, *overrides: files.load(sweep_file(text), overrides)


def test_auto_is_every_ablation_and_the_placebo(load: Callable[..., SweepConfig]) -> None:
    config = load(SMALL + "variants: auto")
    found = ablations.derived(lang.load_cell("mingru"), library=False).ablations
    listed = {a.name: a.edits for a in found if a.kind != "placebo"}
    assert {n: v.edits for n, v in config.variants.items() if n != "placebo"} == listed
    study = plan(config, TEXT)
    assert [v.name for v in study.variants] == ["base", *listed, "placebo"]
    assert all(v.sentence for v in study.variants[1:])


def test_auto_stands_beside_variants_of_ones_own(load: Callable[..., SweepConfig]) -> None:
    text = "variants:\n  - auto\n  - open: {with: z = 1}\n    lstm: {cell: lstm}\n"
    config = load(SMALL + text)
    assert config.variants.keys() >= {"open", "lstm", "Wz_0", "placebo"}
    # What one's own variant is, is not there twice.
    assert "z_1" not in config.variants
    assert plan(config, TEXT)


def test_auto_can_be_set(load: Callable[..., SweepConfig]) -> None:
    assert "z_1" in load(SMALL, "variants=auto").variants
    assert {"z_1", "mine"} <= load(
        SMALL + "variants: auto", "variants.mine.cell=lstm"
    ).variants.keys()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("variants: [auto, 3]", "'variants' is auto, or a list of auto and variants; got 3"),
        ("variants: [auto, {a: {cell: rnn}}, {a: {cell: lstm}}]", "got {'a': {'cell': 'lstm'}}"),
        ("variants: [{a: {cell: rnn}}]", "'variants' should be a valid group of keys"),
        ("variants: [auto, {z_1: {cell: rnn}}]", "variant 'z_1' has the name of a derived one"),
    ],
)
def test_what_cannot_be_meant(load: Callable[..., SweepConfig], text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(SMALL + text)
    assert message in str(caught.value)


def test_a_sweep_gets_a_placebo(load: Callable[..., SweepConfig]) -> None:
    config = load(SMALL + "variants: {open: {with: z = 1}}")
    assert list(config.variants) == ["open", "placebo"]
    _, _, placebo = plan(config, TEXT).variants
    assert (placebo.placebo, placebo.mirror_of, placebo.negate) == (
        True,
        "base",
        ("Wz", "bz"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "placebo: none\nvariants: {open: {with: z = 1}}",
        # Nothing is compared.
        "",
        "variants: {same: {cell: base, placebo: true, identical: true}}",
        f"variants: {{flip: {{with: '{FLIP}', mirror: {{negate: [Wz, bz]}}}}}}",
        # It is one, and does not say so.
        f"variants: {{flip: {{with: '{FLIP}'}}}}",
    ],
)
def test_a_sweep_that_has_or_wants_no_placebo_gets_none(
    load: Callable[..., SweepConfig], text: str
) -> None:
    assert "placebo" not in load(SMALL + text).variants


def test_a_cell_without_a_mirror_gets_none(load: Callable[..., SweepConfig]) -> None:
    config = load("name: a\nbase: deltanet\nvariants: {gla: {cell: gla}}")
    assert list(config.variants) == ["gla"]


def test_a_base_that_is_none_is_said_when_planned(load: Callable[..., SweepConfig]) -> None:
    config = load("name: a\nbase: lstn\nvariants: auto")
    with pytest.raises(
        LanguageError, match="base: no cell is called 'lstn', and no file; nearest is 'lstm'"
    ):
        plan(config, TEXT)


def test_what_was_derived_is_frozen(
    load: Callable[..., SweepConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    study = plan(load(SMALL + "variants: auto"), TEXT)
    # A later version derives nothing.
    monkeypatch.setattr(ablations, "derived", None)
    monkeypatch.setattr(ablations, "placebo", None)
    read = type(study).model_validate_json(study.model_dump_json(by_alias=True))
    more = files.override(read.spec, ["seeds=9"])
    assert more.variants == study.spec.variants
    assert plan(more, TEXT).study_key == study.study_key


def test_a_study_without_the_key_keeps_its_own() -> None:
    said = {"name": "a", "base": "lstm", "variants": {"placebo": {"with": "c' = f * c - i * g"}}}
    keys = {
        study_key(SweepConfig.model_validate(said | more), {"base": "c1:0"}, "0")
        for more in ({}, {"placebo": "auto"}, {"placebo": "none"})
    }
    assert len(keys) == 1
