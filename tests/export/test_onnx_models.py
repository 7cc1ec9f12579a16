"""Exported models, run by ONNX Runtime, say what the reference says."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from recording import given_states, rnn_of, widths_of

from cellsearch import lang
from cellsearch.cli.numbers import numbers_in
from cellsearch.errors import ConfigError
from cellsearch.export import Numbers, Options, export
from cellsearch.ir.build import UNITWISE
from cellsearch.ir.ops import NUMPY, OPS
from cellsearch.testing.cases import make_case, relative

HERE = Path(__file__).parent
CORNERS = lang.parse_cells((HERE / "corners.cell").read_text("utf-8"))
CELLS = {n: lang.load_cell(n) for n in lang.names()} | {f"corner_{n}": CORNERS[n] for n in CORNERS}
# Of float32, relative to the largest number of each tensor.
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
# The runtime has no float64 of these.
ONLY_FLOAT32 = {"conv", "gelu"}

torch.set_num_threads(1)


def session(model, dtype):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    if dtype == "float64":
        # Fused products have factors in float32.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model, options)


def arrays(outputs):
    y, states = outputs
    states = (states,) if isinstance(states, torch.Tensor) else states
    return [y.detach().numpy(), *(s[0].detach().numpy() for s in states)]


def exported(case, dtype="float32"):
    rnn = rnn_of(case)
    options = Options(widths_of(case), case.sizes["H"], lambda: numbers_in(rnn), dtype)
    return rnn, export(case.cell, "onnx", options)


def worst(case, dtype):
    """The largest difference from the reference, from its own start and from given states."""
    rnn, model = exported(case, dtype)
    run = session(model, dtype)
    inputs = {n: x.astype(dtype) for n, x in case.inputs.items()}
    sequences = tuple(map(torch.tensor, case.inputs.values()))
    given = given_states(case)
    names = [o.name.removesuffix("_last") for o in run.get_outputs()[1:]]
    before = {n: s.numpy().astype(dtype) for n, s in zip(names, given, strict=True)}
    pairs = [(run.run(None, inputs), arrays(rnn(sequences)))]
    states = tuple(s[None] for s in given)
    pairs.append((run.run(None, inputs | before), arrays(rnn(sequences, states))))
    parts = [p for got, want in pairs for p in zip(got, want, strict=True)]
    assert [g.shape for g, _ in parts] == [w.shape for _, w in parts]
    return max(relative(g, w) for g, w in parts)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", CELLS)
def test_the_runtime_says_what_the_reference_says(name, dtype):
    case = make_case(CELLS[name], lengths=(5, 5, 5), states=True)
    missing = {n.op for n in case.graph.nodes} & ONLY_FLOAT32
    if dtype == "float64" and missing:
        with pytest.raises(Exception, match="NOT_IMPLEMENTED"):
            worst(case, dtype)
        return
    assert worst(case, dtype) < TOLERANCE[dtype]


def test_steps_and_sequences_may_be_any_number():
    case = make_case(CELLS["qrnn"], lengths=(5, 5, 5))
    rnn, model = exported(case)
    run = session(model, "float32")
    for steps, batch in ((1, 1), (9, 4)):
        x = np.random.default_rng(0).standard_normal((steps, batch, case.sizes["X"]))
        got = run.run(None, {"x": x.astype("float32")})
        want = arrays(rnn(torch.tensor(x)))
        assert max(map(relative, got, want)) < 1e-5


def test_what_the_file_says_of_itself():
    case = make_case(CELLS["qrnn"], lengths=(5, 5, 5))
    model = onnx.load_from_string(exported(case)[1])
    assert [i.name for i in model.graph.input] == ["x", "c", "x_ago_1"]
    assert [o.name for o in model.graph.output] == ["output", "c_last", "x_ago_1_last"]
    assert lang.parse_cell(model.doc_string) == CELLS["qrnn"]
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 20)]


def test_every_weight_stands_under_its_own_name():
    case = make_case(CELLS["rhn"], lengths=(5, 5, 5))
    model = onnx.load_from_string(exported(case)[1])
    found = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    for name, value in case.weights.items():
        assert np.array_equal(found[name], value.astype("float32"))


NAMES = """
cell names(x; h, h_last, Add_1)
    Shape_1 = tanh(W @ x + Relu_1 @ h + add_1)
    h'      = Shape_1 + Add_1
    h_last' = h
    Add_1'  = 0.5 * h_last
    param Relu_1: (H, H)
    param add_1
"""


def test_no_name_of_a_cell_is_in_the_way():
    case = make_case(lang.parse_cell(NAMES), lengths=(5, 5, 5), states=True)
    model = onnx.load_from_string(exported(case)[1])
    names = [o.name for o in model.graph.output]
    assert names == ["output", "h_last_2", "h_last_last", "Add_1_last"]


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ConfigError, match=r"pip install 'cellsearch\[onnx\]'"):
        export(CELLS["lstm"], "onnx")


def test_without_numbers_it_says_what_it_needs():
    with pytest.raises(ConfigError, match="needs Options"):
        export(CELLS["lstm"], "onnx")


@pytest.mark.parametrize(
    ("weights", "start", "message"),
    [
        ({}, {}, "weight 'Wh': expected numbers [2, 3], got none"),
        ({"Wh": (2, 2)}, {}, "weight 'Wh': expected numbers [2, 3], got [2, 2]"),
        ({"Wh": (2, 3), "Uh": (2, 2), "bh": (2,)}, {}, "state 'h': expected numbers"),
    ],
)
def test_numbers_of_another_cell(weights, start, message):
    numbers = Numbers({n: np.zeros(s) for n, s in weights.items()}, start)
    with pytest.raises(ConfigError, match=re.escape(message)):
        export(CELLS["rnn"], "onnx", Options({"x": 3}, 2, lambda: numbers))


def test_a_dtype_that_is_none():
    options = Options({"x": 3}, 4, dtype="float46")
    with pytest.raises(ConfigError, match="one of float32, float64, got 'float46'"):
        export(CELLS["lstm"], "onnx", options)


def test_a_function_that_is_added_needs_its_body_alone(monkeypatch):
    def body(m, a):
        return m.select(a, 0.5, -(1 - 2 / (m.abs(a) + 3)), 4 * a / 3 - 1)

    cell = lang.parse_cell("cell a(x; h)\n    h' = silu(x) + 0 * h\n    needs X = H\n")
    monkeypatch.setitem(OPS, "silu", replace(OPS["silu"], body=body))
    x = np.linspace(-1, 2, 6, dtype="float32").reshape(2, 1, 3)
    numbers = Numbers({}, {"h": np.zeros(3)})
    run = session(export(cell, "onnx", Options({"x": 3}, 3, lambda: numbers)), "float32")
    assert relative(run.run(None, {"x": x})[0], body(NUMPY, x)) < 1e-6


def test_an_op_that_onnx_lacks_is_named(monkeypatch):
    case = make_case(CELLS["lnlstm"], lengths=(2,))
    assert "layernorm" not in UNITWISE
    monkeypatch.delattr("cellsearch.export.onnx_model.operations.Operations._layernorm")
    with pytest.raises(ConfigError, match="'onnx' has nothing for 'layernorm'"):
        exported(case)
