"""`diff`, `cells --like`, and the label that `show` gives."""

from itertools import takewhile

import pytest

from cellsearch import lang
from cellsearch.derive.hashes import class_hash
from cellsearch.ir import elaborate

NEGATED = "c' = f * c - i * g"
LONG = "h' = h + eps * tanh(Wh @ x + (U - U.T - gamma * I) @ h + bh)"


def rows(said):
    """The lines of both cells, below the names."""
    return list(takewhile(str.strip, said.splitlines()))[1:]


def relation_of(call, *arguments):
    lines = call("diff", *arguments).stdout.splitlines()
    end = max(i for i, line in enumerate(lines) if line.startswith(" ") or not line)
    return " ".join(lines[end + 1 :])


def test_equations_stand_side_by_side_by_what_they_define(call):
    said = call("diff", "gru_chung", "mgu").stdout
    head, lines = said.splitlines()[0], rows(said)
    assert head.split() == ["A:", "gru_chung(x;", "h)", "B:", "mgu(x;", "h)"]
    column = head.index("B:")
    assert [(line[: column - 3].rstrip(), line[column - 2], line[column:]) for line in lines] == [
        ("", ">", "f = sigmoid(Wf @ x + Uf @ h + bf)"),
        ("r = sigmoid(Wr @ x + Ur @ h + br)", "<", ""),
        ("z = sigmoid(Wz @ x + Uz @ h + bz)", "<", ""),
        ("n = tanh(Wn @ x + Un @ (r * h) + bn)", "|", "n = tanh(Wn @ x + Un @ (f * h) + bn)"),
        ("h' = (1 - z) * h + z * n", "|", "h' = (1 - f) * h + f * n"),
    ]


def test_equal_lines_are_not_marked(call):
    lines = rows(call("diff", "lstm", "lstm", "--with", "f = 1 - i").stdout)
    assert [line for line in lines if " | " in line] == [lines[1]]
    assert lines[1].endswith(" | f = 1 - i")
    assert lines[0].count("i = sigmoid(Wi @ x + Ui @ h + bi)") == 2


def test_lines_of_a_block_are_told_by_their_block(call_json):
    found = call_json("diff", "rhn", "rhn", "--with", "const depth = 3")["equations"]
    assert [e["name"] for e in found if e["a"] != e["b"]] == ["const depth"]
    names = [e["name"] for e in found]
    assert len(set(names)) == len(names)
    assert "repeat k = 2..depth: s[k]" in names


@pytest.mark.parametrize("width", [80, 120])
def test_long_lines_are_folded_at_the_terminals_width(call, monkeypatch, width):
    monkeypatch.setattr("cellsearch.cli.say._WIDE", width)
    said = call("diff", "antisymmetric", "lstm").stdout
    assert max(map(len, said.splitlines())) <= width
    column = said.index("B:")
    marked = [line for line in rows(said) if line[column - 2] == "|"]
    assert len(marked) > 1
    assert " ".join(line[: column - 3].strip() for line in marked) == LONG


def test_the_cost_of_both_stands_side_by_side(call, call_json):
    arguments = ("lstm", "gru", "--input", 5, "--hidden", 7)
    found = call_json("diff", *arguments)["cost"]
    assert found["a"]["parameters"] == 4 * 7 * (5 + 7 + 1)
    assert found["b"]["parameters"] == 3 * 7 * (5 + 7 + 1) + 7
    assert (found["a"]["state_size"], found["b"]["sequential_depth"]) == (14, 1)
    lines = call("diff", *arguments).stdout.splitlines()
    (parameters,) = [line.split() for line in lines if "parameters" in line]
    assert parameters == ["parameters", "364", "280"]
    assert any("x = 5, H = 7" in line for line in lines)


N = "n = tanh(Wn @ x + Un @ (f * h) + cn)"
SHIFTED = "f = sigmoid(Wf @ x + Uf @ h + bf + 1)"
UNRELATED = (
    "no relation was found (a relation that exists may be missed; none that is claimed is false)"
)


@pytest.mark.parametrize(
    ("arguments", "grade", "said"),
    [
        (
            ["gru_chung", "gru_v3"],
            "mirror",
            "A is B with Wz, Uz, bz negated; the same law of training, a placebo",
        ),
        (["greff_np", "lstm"], "identical", "A is B; the same law of training"),
        (
            ["mgu", "mgu", "--with", N, "--with", "param cn"],
            "identical",
            "A is B where B's cn = bn of A; the same law of training",
        ),
        (["lstm", "lstm_b"], "other start", "the same functions; init bf = 1 in B, default in A"),
        (
            ["lstm_b", "lstm", "--with", NEGATED],
            "other start",
            "the same functions with Wg, Ug, bg negated; init bf = default in B, 1 in A",
        ),
        (
            ["mgu", "mgu", "--with", SHIFTED],
            "other parameters",
            "the same functions where B's bf = bf - 1 of A; start, step size and decay differ",
        ),
        (["gru", "mgu"], "different", UNRELATED),
    ],
)
def test_the_relation_in_a_sentence(call, arguments, grade, said):
    assert relation_of(call, *arguments) == f"{grade}: {said}"


def test_diff_for_programs(call_json):
    found = call_json("diff", "gru_chung", "gru_v3", "--hidden", 4)
    assert (found["relation"], found["hidden"]) == ("mirror", 4)
    assert (found["map"]["Wz"], found["map"]["Wn"]) == ("-Wz", "Wn")
    assert lang.parse_cell(found["b"]["text"]) == lang.load_cell("gru_v3")
    assert found["starts"] == {}
    assert call_json("diff", "lstm", "lstm_b")["starts"] == {"bf": {"a": "default", "b": "1"}}
    assert call_json("diff", "gru", "mgu")["map"] == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lstn", "gru"], "nearest is 'lstm'"),
        (["lstm", "gru", "--with", "q = 1"], "reads 'q'"),
        (["lstm", "gru", "--input", "y=3"], "has no input 'y'"),
    ],
)
def test_diff_refuses_what_cannot_be_meant(call, arguments, message):
    said = call("diff", *arguments, code=2)
    assert message in said.stderr
    assert said.stdout == ""


@pytest.fixture
def few(monkeypatch):
    """A library that is searched in no time."""
    kept = ("gru_chung", "gru_v3", "lstm", "lstm_b", "lstm_f", "ugrnn")
    cells = {name: lang.load_cell(name) for name in kept}
    monkeypatch.setattr("cellsearch.lang.library", lambda: cells)


def test_cells_that_are_like_a_cell(call, few):
    assert call("cells", "--like", "gru_chung").stdout == (
        "Equal to:\n"
        "  gru_v3  mirror\n"
        "\n"
        "With one line, gru_chung becomes:\n"
        '  ugrnn (mirror)  --with "n = tanh(Wn @ x + Un @ h + bn)"\n'
    )


def test_cells_that_become_a_cell(call, few):
    said = call("cells", "--like", "lstm", "--with", "init c = learned").stdout
    assert said == (
        "No other cell of the library was found to equal it.\n"
        "\n"
        "With one line, these become lstm with init c = learned:\n"
        '  lstm (identical)      --with "init c = learned"\n'
        '  lstm_b (other start)  --with "init c = learned"\n'
    )


def test_a_line_more_follows_those_that_were_given(call, few):
    said = call("cells", "--like", "lstm", "--with", "f = 1 - i").stdout
    assert "\nWith one line more, lstm with f = 1 - i becomes:\n" in said
    (line,) = [line for line in said.splitlines() if line.startswith("  lstm_f ")]
    assert line.split(maxsplit=2)[2] == '--with "f = 1 - i" --with "f = 1"'


def test_an_edit_that_a_line_makes_unread_is_left_out(call, few):
    said = call("cells", "--like", "lstm", "--with", "Uf = 0").stdout
    assert '  lstm_f (identical)  --with "f = 1"\n' in said
    # To take the edit back is no line that could stand after it.
    assert said.split("these become")[1].split()[5:8] == ["lstm", "(identical)", "--with"]
    assert "Uf @ h" not in said


def test_what_was_looked_for_is_said(call, few):
    said = call("cells", "--like", "rhn").stdout
    assert "Of those set apart by two lines at most, but for names, none is one line away" in said


def test_likeness_for_programs(call_json, few):
    found = call_json("cells", "--like", "gru_v3")
    assert [(e["name"], e["relation"], e["map"]["Wz"]) for e in found["equal"]] == [
        ("gru_chung", "mirror", "-Wz")
    ]
    (near,) = found["nearby"]
    assert (near["name"], near["edited"], near["relation"]) == ("ugrnn", "given", "identical")
    edited = lang.edit_cell(lang.load_cell("gru_v3"), near["edit"])
    assert class_hash(elaborate(edited)) == class_hash(elaborate(lang.load_cell("ugrnn")))


def test_an_edit_of_no_cell_is_a_wrong_call(call):
    assert "expected --like CELL" in call("cells", "--with", "f = 1", code=2).stderr


def test_show_gives_the_label_of_the_class(call_json):
    labels = [call_json("show", name)["class_hash"] for name in ("gru_v3", "gru_chung", "gru")]
    assert labels[0] == labels[1] != labels[2]
    assert labels[0].startswith("k1:")
