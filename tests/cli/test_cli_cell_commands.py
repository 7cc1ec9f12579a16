"""`cells`, `show` and `check`."""

import json
from pathlib import Path

import pytest

from cellsearch import lang

ROOT = Path(__file__).parents[2]

KEYS = {
    *("name", "text", "cell_hash", "parameters", "flops_per_token", "state_size"),
    "sequential_depth",
}
TWO_INPUTS = "cell two(x, v; h)\n    h' = tanh(W @ x + V @ v + U @ h + bh)\n"
SPACE = "cell space(x; h)\n    h' = (tanh(a) | relu(a))\n    a = W @ x + (U @ h | 0.5 * U @ h)\n"
NEEDY = "cell needy(x; h)\n    h' = tanh(x + U @ h)\n    needs X = H\n"


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "my.cell"
        path.write_text(text)
        return path

    return write


def test_cells_lists_the_library(call, call_json):
    found = call_json("cells", "--hidden", 16)
    assert [c["name"] for c in found] == lang.names()
    lstm = next(c for c in found if c["name"] == "lstm")
    assert lstm["parameters"] == 4 * (16 * 16 + 16 * 16 + 16)
    assert lstm["doc"].startswith("Long short-term memory")
    said = call("cells").stdout
    assert all(name in said for name in lang.names())
    assert f"{4 * (2 * 128 * 128 + 128):,}" in said


def test_show_counts_the_cost(call, call_json):
    found = call_json("show", "lstm", "--input", 5, "--hidden", 7)
    assert found.keys() >= KEYS
    assert found["flops_per_token"] == {"forward": 2 * 4 * 7 * 12, "training": 3 * 2 * 4 * 7 * 12}
    assert found["parameters"] == 4 * 7 * (5 + 7 + 1)
    assert (found["state_size"], found["sequential_depth"]) == (14, 1)
    assert found["cell_hash"].startswith("c2:")
    assert lang.parse_cell(found["text"]) == lang.load_cell("lstm")
    assert f"{found['parameters']:,}" in call("show", "lstm", "--input", 5, "--hidden", 7).stdout


def test_show_says_what_an_edit_changes(call, call_json):
    edits = ("--with", "f = 1 - i", "--with", "h' = o * c'")
    found = call_json("show", "lstm", *edits)
    assert found["changes"] == [
        "- f = sigmoid(Wf @ x + Uf @ h + bf)",
        "+ f = 1 - i",
        "- h' = o * tanh(c')",
        "+ h' = o * c'",
    ]
    assert "  + f = 1 - i" in call("show", "lstm", *edits).stdout


def test_show_foretells(call, call_json):
    found = call_json("show", "lstm", "--with", "f = 1")
    assert found["ranges"]["h'"] == {"low": -1.0, "high": 1.0, "text": "(-1, 1)"}
    assert found["ranges"]["c"] == {"low": None, "high": None, "text": "(-inf, inf)"}
    assert found["unbounded"] == {"c": "all of it stays when more is added"}
    assert found["scan"] == [{"states": ["h", "c"], "kind": "loop", "products": 3}]
    said = call("show", "lstm", "--with", "f = 1").stdout
    assert "c in (-inf, inf); it may grow for ever: all of it stays when more is added\n" in said
    assert "  h, c: loop, 3 products a step\n" in said


def test_show_foretells_an_output_and_what_inputs_bound(call):
    said = call("show", "hgrn").stdout
    assert "  h in [-0.278465, inf), as far as weights and inputs take it\n" in said
    assert "  y in (-0.278465, inf)\n" in said
    said = call("show", "qrnn").stdout
    assert "  c in (-1, 1)\n" in said
    assert "delay(x, 1) in" not in said
    assert "  delay(x, 1): shift\n  c: scan\n" in said


def test_show_says_that_nothing_is_carried(call):
    said = call("show", "cell a(x; h)\n    h' = tanh(Uh @ h)\n").stdout
    assert said.endswith("  h in 0\nOver time, no state carries anything.\n")


def test_the_page_on_ranges_shows_what_is_printed(call):
    page = (ROOT / "docs" / "ranges-and-scans.md").read_text()
    command, shown = page.split("```console\n$ cellsearch ")[1].split("```")[0].split("\n", 1)
    assert shown in call(*command.split()).stdout


def test_show_takes_rules(call_json):
    found = call_json("show", "lstm", "--with", "tanh(?a) -> ?a everywhere")
    assert "+ g = Wg @ x + Ug @ h + bg" in found["changes"]
    assert "+ h' = o * c'" in found["changes"]


def test_show_compares_with_another_cell(call_json):
    assert call_json("show", "lstm_b", "--base", "lstm")["changes"] == ["+ init bf = 1"]
    assert call_json("show", "lstm_b")["changes"] == []


def test_show_gives_each_input_its_width(call_json, file):
    found = call_json("show", file(TWO_INPUTS), "--input", "x=3", "--input", "v=2", "--hidden", 4)
    assert found["input"] == {"x": 3, "v": 2}
    assert found["parameters"] == 4 * (3 + 2 + 4 + 1)


def test_of_several_cells_the_last_is_meant_and_named(call, file):
    path = file(f"{NEEDY}\n{TWO_INPUTS}\ncell three = two with\n    bh = 0\n")
    note = f"{path} holds needy, two and three; this is three, the last\n"
    for command in (["show"], ["ablations"], ["export", "--to", "cell"], ["cells", "--like"]):
        assert call(*command, path).stderr == note
    assert call("diff", "lstm", path).stderr == note
    assert call("show", "lstm").stderr == ""
    assert call("show", path.read_text()).stderr == note.replace(str(path), "the text")


def test_inputs_that_must_agree(call, call_json, file):
    path = file("cell a(x, m; h)\n    h' = tanh(W @ (m * x) + U @ h)\n    needs X.m = X\n")
    sizes = ("--input", "x=3", "--input", "m=3", "--hidden", 4)
    found = call_json("show", path, *sizes)
    assert (found["input"], found["parameters"]) == ({"x": 3, "m": 3}, 4 * (3 + 4))
    assert (
        "needs X.m = X, got 2 and 3" in call("show", path, *sizes, "--input", "m=2", code=2).stderr
    )
    assert call_json("check", path)["cells"][0]["needs"] == ["X.m = X"]
    assert call("export", path, "--to", "cell").stdout == path.read_text()
    assert call_json("diff", path, path, "--with", "h' = tanh(U @ h + W @ (x * m))")[
        "relation"
    ] == ("identical")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lstn"], "nearest is 'lstm'"),
        (["lstm", "--with", "o = 2 +"], ":1:8: "),
        (["lstm", "--with", "q = 2"], "reads 'q'"),
        (["nope"], "no cell is called 'nope', and no file; see `cellsearch cells`"),
        (["lstm", "--input", "y=3"], "'lstm' has no input 'y'; its input is x"),
        ([TWO_INPUTS, "--input", "y=3"], "'two' has no input 'y'; its inputs are x, v"),
        (["lstm", "--input", "x=3,y=4"], "--input x=3,y=4: expected a width of 1 or more, as in"),
        (["lstm", "--input", "many"], "--input many"),
        (["lstm", "--input", "0"], "--input 0"),
        (["lstm", "--hidden", "0"], "--hidden"),
        (["no/such.cell"], "no/such.cell"),
    ],
)
def test_show_refuses_what_cannot_be_meant(call, arguments, message):
    said = call("show", *arguments, code=2)
    assert message in said.stderr
    assert "Traceback" not in said.stderr
    assert said.stdout == ""


def test_check_says_what_was_inferred(call, call_json, file):
    path = file(NEEDY + "\n" + TWO_INPUTS)
    needy, two = call_json("check", path)["cells"]
    assert needy["needs"] == ["X = H"]
    assert two["inputs"] == {"x": "X", "v": "X.v"}
    assert two["weights"] == {"W": "(H, X)", "V": "(H, X.v)", "U": "(H, H)", "bh": "H"}
    said = call("check", path).stdout
    assert "needy: ok" in said
    assert "two: ok" in said
    assert "needs    X = H" in said


def test_check_looks_into_every_cell_of_a_space(call, file):
    assert "all 4 of its cells" in call("check", file(SPACE)).stdout
    spoilt = file(SPACE.replace("0.5 * U", "0.5 * W"))
    assert f"{spoilt}:3:" in call("check", spoilt, code=1).stderr


def test_check_says_where_it_is_wrong(call, call_json, file):
    path = file("# α\ncell bad(x; h)\n    h' = tanh(W @ x + U @ h + q)\n")
    said = call("check", path, code=1)
    first, line, caret = said.stderr.splitlines()
    assert first.startswith(f"{path}:3:31: ")
    assert line.endswith("    h' = tanh(W @ x + U @ h + q)")
    assert line[caret.index("^")] == "q"
    assert said.stdout == ""
    error = call_json("check", path, code=1)["error"]
    assert (error["line"], error["column"]) == (3, 31)


def test_what_a_cell_lacks_is_said(call, call_json, file):
    path = file("cell count(x, v; h)\n    h' = h + sum(delay(v, 1))\n")
    note = "nothing that the output needs reads the input 'x'\n"
    assert call("show", path).stderr == note
    said = call("check", path)
    assert said.stderr == note
    assert "  weights  none\n" in said.stdout
    assert call_json("check", path)["cells"][0]["unread"] == ["x"]


def test_check_of_what_is_no_text(call, tmp_path):
    path = tmp_path / "my.cell"
    path.write_bytes(b"\xff\xfe")
    assert f"{path} is no UTF-8 text" in call("check", path, code=1).stderr


def test_check_of_no_file_is_a_wrong_call(call, tmp_path):
    assert "no such file" in call("check", tmp_path / "no.cell", code=2).stderr


def test_check_of_a_folder_is_a_wrong_call(call, tmp_path):
    said = call("check", tmp_path, code=2).stderr
    assert f"{tmp_path} is a directory, expected a .cell file" in said


def test_json_is_json_alone(call):
    json.loads(call("cells", "--json").stdout)


def test_show_prints_the_plan_that_the_docs_have(call):
    said = call("show", "lstm", "--plan").stdout
    block = (ROOT / "docs" / "backends.md").read_text("utf-8").split("```text\n")[1].split("```")[0]
    assert said.endswith(block)


def test_a_plan_tells_stages_and_what_follows_the_loop(call):
    said = call("show", "gru_v3", "--plan").stdout
    assert "1. [z r] += [Uz Ur] @ h" in said and "2. n += Un @ (r * h)" in said
    lines = ["h' = W @ x + U @ h", "y = Q @ h' - P @ x", "output y", "param W, U, P, Q"]
    linear = "\n    ".join(["cell p(x; h)", *lines])
    said = call("show", linear, "--plan").stdout
    assert "y = -P @ x" in said and "y += Q @ h'" in said
