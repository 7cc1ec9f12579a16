"""Tables in LaTeX: balanced, escaped, no wider than a page, and pdflatex compiles them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from cellsearch.report.document import Cell, Column, Table, Tag
from cellsearch.report.page.latex import escape, to_latex

LETTERS = " ".join("".join(map(chr, range(k, k + 9))) for k in range(33, 123, 9)) + " {|}~"
OTHERS = "−–…’·±×≤≥∞→µ éßŁ λΛοΟ"
LONG = "coupled_input_and_forget_gates_of_an_lstm"


def _table(*rows: tuple[Cell, ...]) -> Table:
    columns = [Column("Variant", numeric=False), Column("Change", "95% of α_0")]
    columns += [Column(f"Column {k}", "with a note below") for k in range(len(rows[0]) - 2)]
    return Table("table", "A caption", columns, rows, pd.DataFrame())


HARD = _table(
    (LETTERS, "[−3%]", *["1,234,567"] * 6), (OTHERS, Tag("< 0.001", "base", "words"), *["1"] * 6)
)


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("a_b & 5%", r"a\_b \& 5\%"),
        ("\\x{1}", r"\textbackslash{}x\{1\}"),
        ("[−3%]", r"{[}$-$3\%{]}"),
        ("c' = f * c^2 ~", r"c' = f * c\textasciicircum{}2 \textasciitilde{}"),
        ("λ ΛΟ é", r"$\lambda$ $\Lambda$O é"),
        ("漢", "U+6F22"),
    ],
)
def test_latex_escapes(text: str, latex: str) -> None:
    assert escape(text) == latex


def test_every_panel_is_balanced_and_holds_the_first_column() -> None:
    text = to_latex(HARD)
    panels = re.findall(r"\\begin\{tabular\}\{([lr]+)\}\n(.*?)\\end\{tabular\}", text, re.DOTALL)
    assert len(panels) > 1
    assert sum(len(spec) - 1 for spec, _ in panels) == len(HARD.columns) - 1
    for spec, body in panels:
        rows = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {len(spec)}
        assert rows[0].startswith("Variant &")
        assert not re.search(r"(?<!\\)[#_%^~<>|\"]", body)
    assert len(re.findall(r"(?<!\\)\{", text)) == len(re.findall(r"(?<!\\)\}", text))


def test_the_words_below_a_class_stay_on_the_page() -> None:
    assert "words" not in to_latex(HARD)


def test_a_long_name_is_broken_and_short_ones_stand_as_they_are() -> None:
    text = to_latex(_table((LONG, "1"), ("short_name", "2")))
    assert r"\raggedright coupled\_\allowbreak{}input" in text
    assert "short\\_name & 2" in text


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex is installed")
def test_latex_compiles_and_fits_the_page(tmp_path: Path) -> None:
    bodies = [to_latex(HARD), to_latex(_table((LONG, "1")))]
    begin = "\\documentclass{article}\n\\usepackage{booktabs}\n\\begin{document}\n"
    (tmp_path / "page.tex").write_text(begin + "\n\n".join(bodies) + "\n\\end{document}\n")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    said = done.stdout.decode(errors="replace")
    assert done.returncode == 0, said[-2000:]
    assert "Overfull" not in said
