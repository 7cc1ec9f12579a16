"""`import`: from a file, from standard input, from the argument itself."""

import subprocess
import sys

import pytest

from cellsearch import lang
from cellsearch.derive.hashes import cell_hash
from cellsearch.ir import elaborate

ARC = "0 0 0 1 1 2 1 2 0 2 0 5 1 1 0 6 1 8 1 8 1 8 1"
RECIPE = '{"h_new_0": {"op": "linear", "input": ["x", "h_prev_0"]}}'


def test_a_code_is_given_as_the_argument(call):
    cell = lang.parse_cell(call("import", "enas", ARC).stdout)
    assert cell_hash(elaborate(cell)) == cell_hash(elaborate(lang.load_cell("enas")))
    assert cell.name == "enas"


@pytest.mark.parametrize(
    ("format", "code"),
    [
        ("darts", "[('relu', 0)]"),
        ("darts", "BEST = Genotype(recurrent=[('relu', 0)], concat=[1])"),
        ("darts", "Genotype([], [0])"),
        ("nas-bench-nlp", RECIPE),
        ("enas", "0"),
    ],
)
def test_every_format_has_a_code_that_is_no_file(call, format, code):
    assert call("import", format, code, "--name", "mine").stdout.count("cell mine(x; h)") == 1


def test_a_file_names_its_cell(call, tmp_path):
    path = tmp_path / "7 my-cell.json"
    path.write_text(f"\ufeff{RECIPE}", "utf-8")
    text = "cell n7_my_cell(x; h)\n    h' = Wh @ x + Uh @ h + bh\n"
    assert call("import", "nas-bench-nlp", path).stdout.endswith(text)
    assert "cell other(x; h)" in call("import", "nas-bench-nlp", path, "--name", "other").stdout


def test_a_cell_is_piped_in_and_checked(tmp_path):
    command = [sys.executable, "-m", "cellsearch.cli", "import", "nas-bench-nlp", "-"]
    said = subprocess.run(command, input=RECIPE, capture_output=True, text=True, check=True)
    assert lang.parse_cell(said.stdout).name == "nas_bench_nlp"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("enas", "0 0"), "the code has 2 numbers, expected an odd number"),
        (("enas", "gone.txt"), "cannot read gone.txt: No such file or directory"),
        (("enas", "a\0b"), "cannot read a\0b: embedded null byte"),
        (("enas", ""), "the code is empty; expected a file, -"),
        (("foo", "1"), "unknown format 'foo'; expected one of darts, enas, nas-bench-nlp"),
        (("enass", "0"), "unknown format 'enass'; nearest is 'enas'"),
        (("enas", "0", "--name", "tanh"), "'tanh' cannot be a cell's name"),
        (("enas", __file__), "number 1 of the code is"),
    ],
)
def test_what_cannot_be_read_is_said(call, arguments, message):
    assert message in call("import", *arguments, code=2).stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", " is empty"),
        (" \n", " is empty"),
        ("{", ": the text is no JSON"),
        ("{}", ": the recipe is empty"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_name(call, tmp_path, text, message):
    path = tmp_path / "bad.json"
    path.write_text(text)
    assert call("import", "nas-bench-nlp", path, code=2).stderr.startswith(f"{path}{message}")


def test_a_file_of_bytes_is_refused(call, tmp_path):
    path = tmp_path / "bytes"
    path.write_bytes(b"0 0 \xff")
    assert f"{path} is no UTF-8 text (byte 4)" in call("import", "enas", path, code=2).stderr
