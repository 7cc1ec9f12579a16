"""docs/export.md shows what is true; it can be run from top to bottom."""

import re
from pathlib import Path

from cellsearch import lang
from cellsearch.cli.numbers import numbers_of
from cellsearch.export import Options, export, names

PAGE = (Path(__file__).parents[2] / "docs" / "export.md").read_text("utf-8")
SHOWN, CARRIED, RUN = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_file_that_is_shown_is_what_is_exported():
    assert export(lang.load_cell("lstm"), "torch") == SHOWN


def test_weights_are_carried_over_as_shown(tmp_path, monkeypatch):
    (tmp_path / "lstm.py").write_text(SHOWN)
    monkeypatch.syspath_prepend(tmp_path)
    exec(CARRIED, {})


def test_a_model_runs_as_shown(tmp_path, monkeypatch):
    cell, widths = lang.load_cell("lstm"), {"x": 64}
    options = Options(widths, 128, lambda: numbers_of(cell, widths, 128, None, 0))
    (tmp_path / "lstm.onnx").write_bytes(export(cell, "onnx", options))
    monkeypatch.chdir(tmp_path)
    found = {}
    exec(RUN, found)
    assert found["output"].shape == (20, 8, 128)


def test_every_format_is_in_the_table():
    assert {n for n in names() if f"| `{n}` |" not in PAGE} == set()
