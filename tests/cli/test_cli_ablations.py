"""`ablations`: the list, what it costs, what was dropped."""

from cellsearch import lang


def test_the_list_says_what_each_is_and_costs(call):
    said = call("ablations", "gru", "--hidden", 10, "--input", 20).stdout
    rows = {line.split()[0]: line for line in said.splitlines() if line.strip()}
    assert "gate r held at 1" in rows["r_1"]
    # One of three gates: 10 x 20 + 10 x 10 + 10 of 940 numbers.
    assert "-310 (-33.0%)" in rows["r_1"]
    assert "gru_chung, gru_v3 in other parameters" in rows["n_r_before"]
    assert "a mirror of the base: a placebo" in rows["h_flipped"]
    assert "18 ablations; 2 candidates were dropped" in said
    assert "z = 1" not in said


def test_a_file_gets_all_columns(call):
    """However wide they are: there is no terminal."""
    said = call("ablations", "gru").stdout
    (row,) = [line for line in said.splitlines() if line.split()[:1] == ["n_r_before"]]
    assert row.split()[-6:] == ["gru_v3", "in", "other", "parameters", "0", "0"]
    assert "FLOPs" in said
    assert "Left out" not in said


def test_all_lists_what_was_dropped(call):
    said = call("ablations", "gru", "--all").stdout
    (row,) = [line for line in said.splitlines() if line.split()[:1] == ["z_1"]]
    assert row.split("held at 1")[1].strip() == "the output is always 0"


def test_equations_show_what_changes(call):
    said = call("ablations", "rnn", "--equations").stdout
    assert "h_no_tanh: tanh in h' gone\n  - h' = tanh(Wh @ x + Uh @ h + bh)\n" in said
    assert "no longer recurrent" in said


def test_json_has_everything(call_json):
    found = call_json("ablations", "lstm", "--with", "init bf = 1", "--hidden", 8, "--input", 4)
    assert found["parameters"] == 4 * 8 * (4 + 8 + 1)
    by_name = {a["name"]: a for a in found["ablations"]}
    default = by_name["bf_default"]
    assert default["edits"] == ["init bf = default"]
    assert default["parameters"] == found["parameters"]
    assert {"name": "lstm", "where": "library", "grade": "identical"} in default["equals"]
    assert by_name["o_1"]["flops_per_token"]["forward"] == 2 * 3 * 8 * 12
    assert lang.parse_cell(by_name["o_1"]["text"]) == lang.edit_cell(
        lang.edit_cell(lang.load_cell("lstm"), "init bf = 1"), "o = 1"
    )
    assert {d["edits"][0]: d["why"] for d in found["dropped"]}["i = 0"] == "the output is always 0"


def test_a_cell_that_is_none_is_said(call):
    assert "no cell is called 'lstn'" in call("ablations", "lstn", code=2).stderr


def test_a_cell_without_ablations_is_said_to_be_one(call):
    said = call("ablations", "cell a(x; h)\n    h' = tanh(Uh @ h)\n").stdout
    assert said.startswith("a has 16,384 parameters")
    assert "It has no ablations; 2 candidates were dropped" in said
    bare = call("ablations", "cell a(x; h)\n    h' = x + 0 * h\n    needs X = H\n", "--all").stdout
    assert bare.endswith("It has no ablations; 0 candidates were dropped: see --all.\n")
