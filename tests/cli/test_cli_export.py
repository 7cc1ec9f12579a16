"""`export`."""

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import save_file

from cellsearch import RNN, lang
from cellsearch.export import export, names

TWO_INPUTS = "cell two(x, v; h)\n    h' = tanh(W @ x + V @ v + U @ h + bh)\n"


def initializers(path):
    model = onnx.load(path)
    return {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}


def test_text_is_printed_or_written(call, tmp_path):
    said = call("export", "lstm", "--to", "torch").stdout
    assert said == export(lang.load_cell("lstm"), "torch")
    path = tmp_path / "lstm.py"
    assert call("export", "lstm", "--to", "torch", "--out", path).stdout == ""
    assert path.read_text("utf-8") == said
    assert list(tmp_path.iterdir()) == [path]


def test_a_derived_cell_is_written_out(call):
    said = call("export", "lstm_b", "--to", "cell", "--with", "o = 1").stdout
    assert lang.parse_cell(said) == lang.edit_cell(lang.load_cell("lstm_b"), ["o = 1"])


def test_latex_is_a_document(call):
    said = call("export", "lstm", "--to", "latex").stdout
    first, *_, last = said.splitlines()
    assert (first, last) == (r"\documentclass{article}", r"\end{document}")
    body = said.split(r"\begin{align}")[1].split(r"\end{align}")[0]
    assert body.count("&=") == body.count("\\\\") + 1 == 6
    assert r"Hochreiter \& Schmidhuber" in said


@pytest.mark.parametrize("format", names())
def test_no_format_takes_a_cell_that_is_wrong(call, tmp_path, format):
    wrong = "cell a(x; h)\n    h' = tanh(Wh @ x + Uh @ h)\n    init bh = 1\n"
    said = call("export", wrong, "--to", format, "--out", tmp_path / "out", code=2).stderr
    assert "init names 'bh', which is no weight and no state of 'a'" in said
    assert not list(tmp_path.iterdir())


def test_weights_are_drawn_by_a_seed(call, tmp_path):
    path = tmp_path / "lstm.onnx"
    arguments = ("export", "lstm_b", "--to", "onnx", "--input", 3, "--hidden", 4, "--out", path)
    call(*arguments)
    first = initializers(path)
    assert first["Wi"].shape == (4, 3)
    assert abs(first["Wi"]).max() <= 0.5
    assert np.array_equal(first["bf"], np.ones(4, "float32"))
    call(*arguments)
    assert np.array_equal(initializers(path)["Wi"], first["Wi"])
    call(*arguments, "--seed", 1)
    assert not np.array_equal(initializers(path)["Wi"], first["Wi"])


@pytest.mark.parametrize("prefix", ["", "cells."])
def test_weights_come_from_a_file(call, tmp_path, prefix):
    rnn, weights, out = RNN(TWO_INPUTS, {"x": 3, "v": 2}, 4), tmp_path / "w.st", tmp_path / "m.onnx"
    save_file({prefix + n: w for n, w in rnn.state_dict().items()} | _others(prefix), weights)
    sizes = ("--input", "x=3", "--input", "v=2", "--hidden", 4)
    call("export", TWO_INPUTS, "--to", "onnx", *sizes, "--weights", weights, "--out", out)
    assert np.array_equal(initializers(out)["V"], rnn.layers[0]["V"].detach().numpy())


def _others(prefix):
    """What else stands in the file of a model."""
    return {"embedding.weight": torch.zeros(2)} if prefix else {}


def test_a_cell_with_filters(call, tmp_path):
    out = tmp_path / "m.onnx"
    sizes = ("--input", 2, "--hidden", 3)
    call("export", "convgru", "--to", "onnx", *sizes, "--out", out)
    assert initializers(out)["Wr"].shape == (3, 2, 3, 3)


@pytest.fixture
def weights(tmp_path):
    def write(**options):
        path = tmp_path / "w.st"
        save_file(RNN("lstm", 3, 4, **options).state_dict(), path)
        return path

    return write


@pytest.mark.parametrize(
    ("cell", "options", "sizes", "message"),
    [
        ("gru", {}, (3, 4), "it misses 'layers.0.forwards.Wr'; nearest is 'Wo'"),
        ("lstm_o", {}, (3, 4), "it has 'layers.0.forwards.Uo'"),
        ("lstm", {}, (3, 5), "'Wi': expected [5, 3], got [4, 3]"),
        ("lstm", {"num_layers": 2}, (3, 4), "an export is of one layer"),
        ("lstm", {"bidirectional": True}, (3, 4), "an export is of one layer"),
    ],
)
def test_weights_of_another_cell(call, tmp_path, weights, cell, options, sizes, message):
    out, given = tmp_path / "m.onnx", weights(**options)
    said = call(
        *("export", cell, "--to", "onnx", "--weights", given, "--out", out),
        *("--input", sizes[0], "--hidden", sizes[1]),
        code=2,
    )
    assert f"--weights {given}: " in said.stderr
    assert message in said.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["lstm", "--to", "foo"],
            "'foo'; expected one of cell, darts, enas, latex, nas-bench-nlp,",
        ),
        (["lstm", "--to", "enass"], "unknown export format 'enass'; nearest is 'enas'"),
        (["lstm", "--to", "tourch"], "unknown export format 'tourch'; nearest is 'torch'"),
        (["lstn", "--to", "torch"], "nearest is 'lstm'"),
        (["lstm"], "--to"),
        (["lstm", "--to", "onnx"], "the format 'onnx' is no text: say --out FILE"),
        (["lstm", "--to", "onnx", "--weights", "no.st"], "--weights no.st: "),
        (["lstm", "--to", "cell", "--weights", "no.st"], "the format 'cell' holds no weights"),
        (["mut1", "--to", "onnx", "--hidden", "5"], "needs X = H, got 128 and 5"),
        (["lstm", "--to", "torch", "--with", "h' = tanh(c') | c'"], "choice that is not decided"),
    ],
)
def test_what_cannot_be_meant(call, arguments, message):
    said = call("export", *arguments, code=2)
    assert message in said.stderr
    assert said.stdout == ""


def test_a_folder_that_is_not_there(call, tmp_path):
    said = call("export", "lstm", "--to", "cell", "--out", tmp_path / "no" / "a.cell", code=1)
    assert "no such file" in said.stderr


def test_no_weights_are_unpickled(call, tmp_path):
    path = tmp_path / "w.pt"
    torch.save(RNN("lstm", 3, 4).state_dict(), path)
    arguments = ("--weights", path, "--out", tmp_path / "m.onnx")
    said = call("export", "lstm", "--to", "onnx", *arguments, code=2)
    assert f"--weights {path}: " in said.stderr


def test_another_packages_format(call, offered):
    offered("cellsearch.exports", "shout", "test_cli_export:shout")
    assert call("export", "lstm", "--to", "shout").stdout == "LSTM 128\n"


def shout(cell, options):
    return f"{cell.name.upper()} {options.hidden}"
