"""`docs/sweeps.md` names every key that a sweep file may have, with its default."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from small_sweep import TEXT

from cellsearch.config import SweepConfig
from cellsearch.sweep.planning import files
from cellsearch.sweep.planning.plan import plan

DOC = Path(__file__).parents[2] / "docs" / "sweeps.md"
TUNING = DOC.with_name("tuning.md")
EXAMPLES = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
ROW = re.compile(r"^\| `([\w.]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Each key below a model with its default, as the document writes it."""
    for name, field in model.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        if key == "variants":
            yield key, "none"
            (of,) = models(field)
            yield from keys(of, "variants.NAME.")
        elif (below := models(field)) and field.annotation in below:
            yield from keys(below[0], f"{key}.")
        elif below:
            yield key, "none"
            yield from keys(below[0], f"{key}.")
        else:
            yield key, default(field)


def models(field: FieldInfo) -> list[type[BaseModel]]:
    found = [field.annotation, *get_args(field.annotation)]
    return [a for a in found if isinstance(a, type) and issubclass(a, BaseModel)]


def default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default in (None, "", ()):
        return "none"
    value: Any = list(field.default) if isinstance(field.default, tuple) else field.default
    return f"`{yaml.safe_dump(value, default_flow_style=True).split(chr(10))[0]}`"


def test_every_key_is_documented_with_its_default() -> None:
    rows = {key: default for key, default, _ in ROW.findall(DOC.read_text("utf-8"))}
    assert rows == dict(keys(SweepConfig))


@pytest.mark.parametrize("text", EXAMPLES.findall(DOC.read_text() + TUNING.read_text()))
def test_every_example_can_be_planned(text: str, tmp_path: Path) -> None:
    path = tmp_path / "sweep.yaml"
    path.write_text(text)
    assert plan(files.load(path), TEXT).variants
